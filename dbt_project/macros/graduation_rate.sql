{#
    Who the students of a cohort are: race and ethnicity, sex and grade as last known by the end of the cohort's last year,
    and a status (disability, English learner …) if the student had it in any year of the cohort.
    Source: the practice of states (California, CALPADS glossary, "Cohort, Students with Disabilities").
#}
{% macro described_over_cohort(members) -%}
    {%- set flags = student_flags().keys() | list -%}
    {%- set lasting = breakdown_columns() | reject('in', flags) | list -%}
    {%- set statuses = breakdown_columns() | select('in', flags) | list %}
    select
        student_key, school_year
        {%- for column in lasting %},
        max({{ column }}) filter (where recency = 1) as {{ column }}
        {%- endfor %}
        {%- for column in statuses %},
        case
            when bool_or({{ column }} = 'Yes') then 'Yes'
            when bool_or({{ column }} = 'No') then 'No'
            else 'Missing'
        end as {{ column }}
        {%- endfor %}
    from (
        select
            m.student_key, m.school_year, u.{{ breakdown_columns() | join(', u.') }},
            row_number() over (partition by m.student_key, m.school_year order by u.school_year desc) as recency
        from (select distinct student_key, school_year, cohort_year from {{ members }}) as m
        inner join {{ ref('dim_student_year') }} as u
            on m.student_key = u.student_key and u.school_year between m.cohort_year and m.school_year
    ) as years_of_cohort
    group by student_key, school_year
{%- endmacro %}

{# The adjusted cohort graduation rate within so many years: the rows of one indicator. #}
{% macro graduation_rate(indicator_id, years) -%}
with members as (
    select m.*, s.org_id as state_id
    from {{ ref('fct_cohort_membership') }} as m
    cross join {{ ref('dim_organization') }} as s
    where m.years = {{ years }} and m.is_in_denominator = 1 and s.org_level = 'state'
),

described as (
    {{- described_over_cohort('members') }}
),

student_rows as (
    {%- for level in ['school', 'lea', 'state'] %}
    {% if not loop.first %}union all{% endif %}
    select
        authority, school_year, '{{ level }}' as org_level, {{ level }}_id as org_id, student_key, as_of_date,
        period_start, period_end, 1 as student_count, 0 as n_missing,
        is_in_numerator as numerator, is_in_denominator as denominator
    from members
    {%- endfor %}
),

{{ disaggregate('student_rows', indicator_id, 1, 'rate', 'graduation', period_type='cohort', has_own_period=true,
    described_by='described') }}
{%- endmacro %}
