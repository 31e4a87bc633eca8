-- Every instrument, kind of respondent and scale by itself: answers of students and families are never pooled, nor two surveys.
with organization_rows as (
    select
        authority, school_year, org_level, org_id, 'survey x respondent_role x construct' as disaggregate_type,
        survey_id || ' x ' || respondent_role_code || ' x ' || construct as disaggregate_value,
        favorable_count as numerator, valid_count as denominator, valid_count as student_count,
        case when invited_count < valid_count then 0 else invited_count - valid_count end as n_missing, as_of_date
    from {{ ref('fct_survey_scale') }}
),

{{ organization_figures('organization_rows', 'I18', 1, 'rate', 'surveys', number_type='bigint') }}
