with answers as (
    select
        coalesce(o.org_level, 'unknown') as org_level, r.org_id, coalesce(o.lea_id, r.lea_id) as lea_id, r.school_year,
        s.learning_standard, s.learning_frame, cast(r.response_value as decimal(9, 2)) as response_value
    from {{ ref('fct_survey_response') }} as r
    inner join {{ ref('learning_standards') }} as s on lower(r.construct) = lower(s.construct)
    left join {{ ref('dim_organization') }} as o on r.org_id = o.org_id and o.org_level = 'school'
    where r.respondent_role_code in ('Teacher', 'Staff', 'Principal')
),

spread as (
    {{ spread_over_levels('answers', ['school_year', 'learning_standard', 'learning_frame', 'response_value']) }}
),

organization_rows as (
    {%- for breakdown in ['learning_standard', 'learning_frame'] %}
    {% if not loop.first %}union all{% endif %}
    select
        'learning_forward' as authority, school_year, org_level, org_id, '{{ breakdown }}' as disaggregate_type,
        {{ breakdown }} as disaggregate_value, coalesce(sum(response_value), 0) as numerator,
        count(response_value) as denominator, count(response_value) as student_count,
        count(*) - count(response_value) as n_missing, make_date(school_year, 6, 30) as as_of_date
    from spread
    group by school_year, org_level, org_id, {{ breakdown }}
    {%- endfor %}
),

{{ organization_figures('organization_rows', 'I34q', 1, 'mean', 'professional_learning') }}
