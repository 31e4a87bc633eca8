with student_rows as (
    select
        authority, school_year, org_level, org_id, student_key, as_of_date, period_start, period_end, n_missing,
        1 - n_missing as student_count,
        case when n_missing = 0 then is_stable else 0 end as numerator,
        1 - n_missing as denominator
    from {{ ref('fct_student_mobility') }}
),

{{ disaggregate('student_rows', 'I04s', 1, 'rate', 'mobility', has_own_period=true) }}
