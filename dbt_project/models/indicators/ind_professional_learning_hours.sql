with teachers as (
    {{ learning_hours() }}
),

organization_rows as (
    select
        'openslds' as authority, school_year, org_level, org_id, 'all' as disaggregate_type, 'All' as disaggregate_value,
        null as numerator, null as denominator, count(hours) as student_count, count(*) - count(hours) as n_missing,
        median(hours) as value, make_date(school_year, 6, 30) as as_of_date
    from teachers
    group by school_year, org_level, org_id
),

{{ organization_figures('organization_rows', 'I34m', 1, 'median', 'professional_learning', has_value=true) }}
