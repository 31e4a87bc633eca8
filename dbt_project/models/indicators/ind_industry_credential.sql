with members as (
    select
        'education_to_workforce' as authority, school_year, student_key, school_id, lea_id, as_of_date,
        case when credential_count is null then 0 else 1 end as student_count,
        case when credential_count > 0 then 1 else 0 end as numerator,
        case when credential_count is null then 0 else 1 end as denominator,
        case when credential_count is null then 1 else 0 end as n_missing
    from {{ ref('fct_senior_career_preparation') }}
    where is_cte_student and exists (select 1 from {{ ref('fct_industry_credential') }})
),

{{ figures_of_students('members', 'I21b', 'rate', 'careers') }}
