with days as (
    {{ days_by_organization(['school', 'lea', 'state']) }}
),

student_rows as (
    select
        'ceds' as authority, school_year, org_level, org_id, student_key, as_of_date,
        case when days_absent is not null then 1 else 0 end as student_count,
        case when days_absent is null then 1 else 0 end as n_missing,
        case when days_absent is not null then days_present end as numerator,
        case when days_absent is not null then days_enrolled end as denominator
    from days
),

{{ disaggregate('student_rows', 'I02', 1, 'rate', 'attendance') }}
