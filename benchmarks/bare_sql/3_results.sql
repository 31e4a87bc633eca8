-- The two results: table `cells` (as indicators.ind_cells) and table `student_attendance` (as the district mart).

create table student_attendance as
select y.lea_id, y.school_id, y.school_year, y.student_key, y.grade_level_code, u.race_ethnicity, u.sex,
    u.economic_disadvantage, u.english_learner, u.idea, y.first_entry_date, y.last_exit_date, y.days_enrolled,
    y.days_absent, y.days_tardy,
    if(y.days_enrolled >= 10, 10 * y.days_absent >= y.days_enrolled, null) as is_chronically_absent,
    y.as_of as as_of_date
from at_school as y join student as u using (student_key, school_year);

-- Days at each school, and in each district and the state with no date counted twice.
create temp table place as
with in_lea as (
    select y.*, o.lea_id as org_lea_id
    from at_school as y join organization as o on o.org_level = 'school' and y.school_id = o.org_id
),
above as (
    select 'lea' as org_level, org_lea_id as org_id, * from in_lea
    union all select 'state', state_id, in_lea.* from in_lea cross join warehouse.records.state
),
summed as (
    select org_level, org_id, school_year, student_key, count(*) as stays, count(days_absent) as measured,
        max(days_enrolled) as days_enrolled, max(days_absent) as days_absent
    from above group by all
),
united as (
    -- On a date at two schools the student is absent if absent from both. Unknown attendance yields to known.
    select org_level, org_id, school_year, student_key, count(*) as days_enrolled,
        count(*) filter (is_absent) as days_absent
    from (
        select a.org_level, a.org_id, a.school_year, a.student_key, l.calendar_date, bool_and(l.is_absent) as is_absent
        from above as a
        join summed as s using (org_level, org_id, school_year, student_key)
        join laid_out as l using (source_id, school_year, student_key, school_id)
        where s.stays > 1 and (a.days_absent is not null or s.measured = 0)
        group by all
    ) group by all
)
select 'school' as org_level, school_id as org_id, school_year, student_key, days_enrolled, days_absent from at_school
union all
select s.org_level, s.org_id, s.school_year, s.student_key, if(s.stays > 1, u.days_enrolled, s.days_enrolled),
    if(s.measured > 0, if(s.stays > 1, u.days_absent, s.days_absent), null)
from summed as s left join united as u using (org_level, org_id, school_year, student_key);

create temp table excluded as
with action as (
    select distinct on (a.source_id, a.school_year, a.student_key, a.action_id, a.action_code)
        a.school_year, a.student_key, a.lea_id, coalesce(a.school_id, e.school_id) as school_id
    from warehouse.records.discipline_actions as a
    left join spell as e on a.school_id is null and a.source_id = e.source_id and a.school_year = e.school_year
        and a.student_key = e.student_key and a.action_date between e.entry_date and coalesce(e.exit_date, a.action_date)
    where a.action_code in ('InSchoolSuspension', 'OutOfSchoolSuspension', 'Expulsion')
    order by a.source_id, a.school_year, a.student_key, a.action_id, a.action_code, e.entry_date desc, e.school_id
),
placed as (
    select a.school_year, a.student_key, a.school_id, coalesce(o.lea_id, a.lea_id) as lea_id, s.state_id
    from action as a left join organization as o on o.org_level = 'school' and a.school_id = o.org_id
    cross join warehouse.records.state as s
)
select distinct school_year, student_key, org_level, org_id
from (unpivot placed on school_id as school, lea_id as lea, state_id as state into name org_level value org_id);

-- Who has discipline figures: students of a district that sent any discipline record.
create temp table disciplined_place as
with sending as (select distinct school_year, lea_id from warehouse.records.discipline_actions),
covered as (
    select distinct p.student_key, p.school_year
    from place as p join sending as s on p.org_level = 'lea' and p.org_id = s.lea_id and p.school_year = s.school_year
)
select p.*, if(p.org_level = 'state', c.student_key, s.lea_id) is not null as is_known, x.org_id is not null as is_excluded
from place as p
left join organization as o using (org_level, org_id)
left join sending as s on o.lea_id = s.lea_id and p.school_year = s.school_year
left join covered as c on p.student_key = c.student_key and p.school_year = c.school_year
left join excluded as x on p.org_level = x.org_level and p.org_id = x.org_id
    and p.student_key = x.student_key and p.school_year = x.school_year;

create temp table figure as
with member as (
    select distinct on (student_key, school_year) school_year, student_key, school_id from spell
    where not is_backward and make_date(school_year - 1, 10, 1) between entry_date and coalesce(exit_date, 'infinity')
    order by student_key, school_year, entry_date desc, lea_id, school_id
),
member_place as (
    select m.school_year, m.student_key, m.school_id, o.lea_id, s.state_id
    from member as m join organization as o on o.org_level = 'school' and m.school_id = o.org_id
    cross join warehouse.records.state as s
)
select 'ind_membership_october_1' as table_id, org_level, org_id, school_year, student_key,
    true as is_in, null as numerator, null as denominator
from (unpivot member_place on school_id as school, lea_id as lea, state_id as state into name org_level value org_id)
union all
select 'ind_average_daily_attendance', org_level, org_id, school_year, student_key,
    days_absent is not null as is_in, if(is_in, days_enrolled - days_absent, 0), if(is_in, days_enrolled, 0)
from place
union all
select 'ind_chronic_absenteeism', org_level, org_id, school_year, student_key,
    days_absent is not null and days_enrolled >= 10 as is_in, (is_in and 10 * days_absent >= days_enrolled)::int, is_in::int
from place
union all
select 'ind_exclusionary_discipline', org_level, org_id, school_year, student_key,
    is_known, (is_known and is_excluded)::int, is_known::int
from disciplined_place;

-- Every organization with students by every subgroup value, zeros included.
create table cells as
with profile as (
    select table_id, school_year, org_level, org_id, 'All' as "all", race_ethnicity, sex, economic_disadvantage,
        english_learner, idea, grade,
        count(*) filter (is_in) as n, sum(numerator) as numerator, sum(denominator) as denominator
    from figure join student using (student_key, school_year) group by all
),
counted as (
    select table_id, school_year, org_level, org_id, disaggregate_type, disaggregate_value,
        sum(n) as n, sum(numerator) as numerator, sum(denominator) as denominator
    from (unpivot profile on "all", race_ethnicity, sex, economic_disadvantage, english_learner, idea, grade
        into name disaggregate_type value disaggregate_value) group by all
)
select t.table_id, t.school_year, t.org_level, t.org_id, o.parent_org_id, v.disaggregate_type, v.disaggregate_value,
    coalesce(c.n, 0)::bigint as student_count,
    if(t.table_id = 'ind_membership_october_1', null, coalesce(c.numerator, 0))::bigint as numerator,
    if(t.table_id = 'ind_membership_october_1', null, coalesce(c.denominator, 0))::bigint as denominator
from (select distinct table_id, school_year, org_level, org_id from counted) as t
join organization as o using (org_level, org_id)
cross join subgroup_values as v
left join counted as c using (table_id, school_year, org_level, org_id, disaggregate_type, disaggregate_value)
where v.disaggregate_type in ('all', 'race_ethnicity', 'sex', 'economic_disadvantage', 'english_learner', 'idea', 'grade');
