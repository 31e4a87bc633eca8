with applications as (
    select award_year - 1 as school_year, student_key, coalesce(completed_date, submitted_date) as known_date
    from {{ ref('fct_financial_aid_application') }}
    where application_type_code = 'FAFSA'
),

organization_rows as (
    select
        'openslds' as authority, a.school_year, s.org_level, s.org_id, 'all' as disaggregate_type, 'All' as disaggregate_value,
        count(u.student_key) as numerator, count(*) as denominator, count(*) as student_count, 0 as n_missing,
        max(a.known_date) as as_of_date
    from applications as a
    inner join {{ ref('dim_organization') }} as s on s.org_level = 'state'
    left join {{ ref('dim_student_year') }} as u
        on a.student_key = u.student_key and a.school_year = u.school_year and u.grade_level_code = '12'
    group by a.school_year, s.org_level, s.org_id
),

{{ organization_figures('organization_rows', 'I23m', 1, 'rate', 'financial_aid', number_type='bigint') }}
