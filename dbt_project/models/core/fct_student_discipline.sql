with days as (
    {{ days_by_organization(['school', 'lea', 'state']) }}
),

events as (
    select
        a.student_key, a.school_year, a.school_id, coalesce(o.lea_id, a.lea_id) as lea_id, a.action_code as event_code,
        cast(a.duration_days as decimal(9, 2)) as duration_days
    from {{ ref('fct_discipline_action') }} as a
    left join {{ ref('dim_organization') }} as o on o.org_level = 'school' and a.school_id = o.org_id
    where a.is_exclusionary
    union all
    select r.student_key, r.school_year, r.school_id, coalesce(o.lea_id, r.lea_id), 'Restraint', null
    from {{ ref('fct_restraint_event') }} as r
    left join {{ ref('dim_organization') }} as o on o.org_level = 'school' and r.school_id = o.org_id
),

placed as (
    select 'school' as org_level, school_id as org_id, student_key, school_year, event_code, duration_days from events
    union all
    select 'lea', lea_id, student_key, school_year, event_code, duration_days from events
    union all
    select 'state', s.org_id, e.student_key, e.school_year, e.event_code, e.duration_days
    from events as e
    cross join {{ ref('dim_organization') }} as s
    where s.org_level = 'state'
),

counted as (
    select
        org_level, org_id, student_key, school_year,
        count(*) filter (where event_code = 'InSchoolSuspension') as in_school_suspension_count,
        count(*) filter (where event_code = 'OutOfSchoolSuspension') as out_of_school_suspension_count,
        count(*) filter (where event_code = 'Expulsion') as expulsion_count,
        count(*) filter (where event_code = 'Restraint') as restraint_count,
        coalesce(sum(duration_days), 0) as days_lost,
        count(*) filter (where event_code <> 'Restraint' and duration_days is null) as unmeasured_count
    from placed
    group by org_level, org_id, student_key, school_year
),

-- A district that sent no discipline record at all is not a district without discipline.
senders as (
    select distinct school_year, lea_id from {{ ref('fct_discipline_action') }}
),

students_of_senders as (
    select distinct y.student_key, y.school_year
    from {{ ref('fct_student_lea_year') }} as y
    inner join senders as s on y.lea_id = s.lea_id and y.school_year = s.school_year
),

-- Restraint is rare: a district without a record may well have none, but not a state.
years_with_restraint as (
    select distinct school_year from {{ ref('fct_restraint_event') }}
)

select
    d.org_level, d.org_id, d.student_key, d.school_year, d.as_of_date,
    coalesce(case when d.org_level = 'state' then t.student_key else s.lea_id end is not null, false)
        as is_discipline_known,
    r.school_year is not null as is_restraint_known,
    coalesce(c.in_school_suspension_count, 0) as in_school_suspension_count,
    coalesce(c.out_of_school_suspension_count, 0) as out_of_school_suspension_count,
    coalesce(c.expulsion_count, 0) as expulsion_count,
    coalesce(c.restraint_count, 0) as restraint_count,
    coalesce(c.days_lost, 0) as days_lost,
    coalesce(c.unmeasured_count, 0) as unmeasured_count
from days as d
left join {{ ref('dim_organization') }} as o on d.org_level = o.org_level and d.org_id = o.org_id
left join senders as s on o.lea_id = s.lea_id and d.school_year = s.school_year
left join students_of_senders as t on d.student_key = t.student_key and d.school_year = t.school_year
left join years_with_restraint as r on d.school_year = r.school_year
left join counted as c
    on d.org_level = c.org_level and d.org_id = c.org_id
    and d.student_key = c.student_key and d.school_year = c.school_year
