with ages as (
    select student_key, school_year, max(cast(age_on_october_1 as integer)) as age
    from {{ ref('stg_students') }}
    group by student_key, school_year
),

-- Removals of children with disabilities: of half a day or more, while the child was eligible.
removals as (
    select
        a.student_key, a.school_year, coalesce(o.lea_id, a.lea_id) as lea_id, a.action_date, a.action_id, a.duration_days,
        case a.action_code when 'InSchoolSuspension' then 'INSCHOOL' else 'OUTOFSCHOOL' end as dscplmethod,
        e.primary_disability_code,
        row_number() over (
            partition by a.source_id, a.student_key, a.school_year, a.action_id, a.action_code
            order by e.begin_date desc, e.primary_disability_code nulls last
        ) as preference
    from {{ ref('fct_discipline_action') }} as a
    inner join {{ ref('fct_idea_eligibility') }} as e
        on a.student_key = e.student_key and a.school_year = e.school_year
        and (a.action_date is null
            or (a.action_date >= e.begin_date and a.action_date <= coalesce(e.end_date, a.action_date)))
    left join {{ ref('dim_organization') }} as o on o.org_level = 'school' and a.school_id = o.org_id
    where a.is_exclusionary and (a.duration_days is null or a.duration_days >= 0.5)
),

removals_by_level as (
    select r.*, 'lea' as org_level, r.lea_id as org_id from removals as r where r.preference = 1
    union all
    select r.*, 'state', o.org_id
    from removals as r
    cross join {{ ref('dim_organization') }} as o
    where r.preference = 1 and o.org_level = 'state'
),

with_last_disability as (
    select
        *,
        first_value(primary_disability_code) over (
            partition by school_year, org_level, org_id, student_key
            order by action_date desc nulls last, action_id, primary_disability_code nulls last
        ) as last_disability_code
    from removals_by_level
),

-- Days add up over the year, apart for each method; a child removed by both is in both.
children as (
    select
        school_year, org_level, org_id, student_key, dscplmethod, last_disability_code, sum(duration_days) as days,
        bool_or(duration_days is null) as has_unknown_length
    from with_last_disability
    group by school_year, org_level, org_id, student_key, dscplmethod, last_disability_code
),

described as (
    select
        c.school_year, c.org_level, c.org_id, 'IDEASUSEXPL' as table_name, s.raceethnic, s.sex, s.lepboth, c.dscplmethod,
        {{ permitted_value('DISABCATIDEA') }} as disabcatidea,
        case
            when c.days > 10 then 'GREATER10'
            when c.has_unknown_length then 'MISSING'
            else 'LTOREQ10'
        end as removallensus,
        1 as amount
    from children as c
    inner join {{ ref('edfacts_student') }} as s on c.student_key = s.student_key and c.school_year = s.school_year
    left join ages as a on c.student_key = a.student_key and c.school_year = a.school_year
    {{ permitted_join('c', 'last_disability_code', 'DISABCATIDEA') }}
    where a.age is null or a.age between 3 and 21
),

{{ edfacts_counts('FS006', 'described', ['raceethnic', 'sex', 'disabcatidea', 'lepboth', 'dscplmethod', 'removallensus']) }}
