with tardy_days as (
    select
        a.school_year, a.student_key, a.school_id, coalesce(o.lea_id, d.lea_id) as lea_id, d.as_of_date,
        count(*) filter (where a.arrival = 'tardy_bus') as bus_count,
        count(*) filter (where a.arrival in ('tardy_bus', 'tardy_other')) as known_count
    from {{ ref('fct_student_arrival') }} as a
    inner join {{ ref('dim_delivery') }} as d on a.delivery_key = d.delivery_key
    left join {{ ref('dim_organization') }} as o on o.org_level = 'school' and a.school_id = o.org_id
    where a.arrival in ('tardy_bus', 'tardy_other', 'tardy_unknown') and a.bus_evidence <> 'no_bus_data'
    group by a.school_year, a.student_key, a.school_id, o.lea_id, d.lea_id, d.as_of_date
),

students as (
    select 'school' as org_level, school_id as org_id, lea_id, school_year, student_key, bus_count, known_count, as_of_date
    from tardy_days
),

placed as (
    {{ spread_over_levels('students', ['school_year', 'student_key', 'bus_count', 'known_count', 'as_of_date']) }}
),

student_rows as (
    select
        'openslds' as authority, school_year, org_level, org_id, student_key, min(as_of_date) as as_of_date,
        sum(bus_count) as numerator, sum(known_count) as denominator,
        case when sum(known_count) > 0 then 1 else 0 end as student_count,
        case when sum(known_count) > 0 then 0 else 1 end as n_missing
    from placed
    group by school_year, org_level, org_id, student_key
),

{{ disaggregate('student_rows', 'I35t', 1, 'rate', 'transportation') }}
