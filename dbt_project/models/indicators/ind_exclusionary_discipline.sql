with days as (
    {{ days_by_organization(['school', 'lea', 'state']) }}
),

actions as (
    select a.student_key, a.school_year, a.school_id, coalesce(o.lea_id, a.lea_id) as lea_id
    from {{ ref('fct_discipline_action') }} as a
    left join {{ ref('dim_organization') }} as o on o.org_level = 'school' and a.school_id = o.org_id
    where a.is_exclusionary
),

excluded as (
    select distinct 'school' as org_level, school_id as org_id, student_key, school_year from actions
    union all
    select distinct 'lea', lea_id, student_key, school_year from actions
    union all
    select distinct 'state', s.org_id, a.student_key, a.school_year
    from actions as a
    cross join {{ ref('dim_organization') }} as s
    where s.org_level = 'state'
),

sending as (
    -- A district that sent no discipline record at all is not a district without discipline.
    select distinct school_year, lea_id from {{ ref('fct_discipline_action') }}
),

students_of_senders as (
    select distinct y.student_key, y.school_year
    from {{ ref('fct_student_lea_year') }} as y
    inner join sending as s on y.lea_id = s.lea_id and y.school_year = s.school_year
),

enrolled as (
    select d.*, case when d.org_level = 'state' then t.student_key else s.lea_id end is not null as has_discipline
    from days as d
    left join {{ ref('dim_organization') }} as o on d.org_level = o.org_level and d.org_id = o.org_id
    left join sending as s on o.lea_id = s.lea_id and d.school_year = s.school_year
    left join students_of_senders as t on d.student_key = t.student_key and d.school_year = t.school_year
),

student_rows as (
    select
        'openslds' as authority, e.school_year, e.org_level, e.org_id, e.student_key, e.as_of_date,
        case when e.has_discipline then 1 else 0 end as student_count,
        case when e.has_discipline then 0 else 1 end as n_missing,
        case when e.has_discipline and x.student_key is not null then 1 else 0 end as numerator,
        case when e.has_discipline then 1 else 0 end as denominator
    from enrolled as e
    left join excluded as x
        on e.org_level = x.org_level and e.org_id = x.org_id
        and e.student_key = x.student_key and e.school_year = x.school_year
),

{{ disaggregate('student_rows', 'I16', 1, 'rate', 'discipline') }}
