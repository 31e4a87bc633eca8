with members as (
    select
        'education_to_workforce' as authority, school_year, student_key, school_id, lea_id, as_of_date, 1 as student_count,
        case when fafsa_status = 'completed' then 1 else 0 end as numerator, 1 as denominator, 0 as n_missing
    from {{ ref('fct_fafsa_status') }}
),

student_rows as (
    {{- at_every_level('members', ['authority', 'school_year', 'student_key', 'student_count', 'numerator', 'denominator',
        'n_missing', 'as_of_date']) }}
),

{{ disaggregate('student_rows', 'I23', 1, 'rate', 'financial_aid') }}
