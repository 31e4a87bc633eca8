with student_rows as (
    select
        authority, school_year, org_level, org_id, student_key, as_of_date, period_start, period_end, n_missing,
        1 - n_missing as student_count,
        case when n_missing = 0 then move_count else 0 end as numerator,
        1 - n_missing as denominator
    from {{ ref('fct_student_mobility') }}
    where authority = 'colorado'
),

{{ disaggregate('student_rows', 'I04i', 1, 'rate', 'mobility', has_own_period=true) }}
