with organization_rows as (
    select
        authority, school_year, 'lea' as org_level, lea_id as org_id,
        'idea_category x race_ethnicity' as disaggregate_type, category || ' x ' || race_ethnicity as disaggregate_value,
        ratio_numerator as numerator, ratio_denominator as denominator, child_count as student_count,
        unknown_race_count as n_missing, as_of_date
    from {{ ref('fct_significant_disproportionality') }}
),

{{ organization_figures('organization_rows', 'I17b', 1, 'ratio', 'discipline', number_type='bigint') }}
