{# Student rows of chronic absenteeism, from days per student and organization: whose days, under which authority. #}
{% macro chronic_absence_rows(days) -%}
    select
        p.authority, d.school_year, d.org_level, d.org_id, d.student_key, d.as_of_date,
        case when d.days_absent is null then 1 else 0 end as n_missing,
        case when d.days_absent is not null and d.days_enrolled >= p.minimum_days_enrolled then 1 else 0 end
            as student_count,
        case when d.days_absent is not null and d.days_enrolled >= p.minimum_days_enrolled then 1 else 0 end
            as denominator,
        case
            when d.days_absent is not null and d.days_enrolled >= p.minimum_days_enrolled
                and {{ is_at_least_percent('d.days_absent', 'd.days_enrolled', 'p.minimum_absent_percent') }} then 1
            else 0
        end as numerator
    from {{ days }} as d
    inner join parameters as p on {{ holds_in('p', 'd.school_year') }}
{%- endmacro %}

{# Days of every student in each organization of the given levels, unduplicated above the school. #}
{% macro days_by_organization(levels) -%}
    {%- for level in levels %}
    {% if not loop.first %}union all{% endif %}
    select
        '{{ level }}' as org_level,
        {{ {'school': 'y.school_id', 'lea': 'y.lea_id', 'state': 'o.state_id'}[level] }} as org_id,
        y.school_year, y.student_key, y.days_enrolled, y.days_absent, y.days_present, y.as_of_date
    from {{ ref({'school': 'fct_student_school_year', 'lea': 'fct_student_lea_year',
        'state': 'fct_student_year'}[level]) }} as y
    {% if level == 'state' -%}
    cross join (select org_id as state_id from {{ ref('dim_organization') }} where org_level = 'state') as o
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
