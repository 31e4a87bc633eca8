with {{ punctual_days() }},

student_rows as (
    select
        authority, school_year, org_level, org_id, student_key, as_of_date,
        is_known as student_count, 1 - is_known as n_missing,
        case when is_known = 1 then days_late else 0 end as numerator,
        case when is_known = 1 then days_present else 0 end as denominator
    from punctual
),

{{ disaggregate('student_rows', 'I03t', 1, 'rate', 'attendance') }}
