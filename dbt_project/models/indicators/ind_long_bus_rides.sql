with parameters as (
    {{ parameters_of('I36', ['long_ride_minutes']) }}
),

rides as (
    {{ student_rides() }}
),

student_rows as (
    select
        p.authority, r.school_year, r.org_level, r.org_id, r.student_key, make_date(r.school_year, 6, 30) as as_of_date,
        case when r.ride_minutes is null then 1 else 0 end as n_missing,
        case when r.ride_minutes is null then 0 else 1 end as student_count,
        case when r.ride_minutes is null then 0 else 1 end as denominator,
        case when r.ride_minutes > p.long_ride_minutes then 1 else 0 end as numerator
    from rides as r
    inner join parameters as p on {{ holds_in('p', 'r.school_year') }}
),

{{ disaggregate('student_rows', 'I36', 1, 'rate', 'transportation') }}
