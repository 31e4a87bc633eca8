{# The subgroup dimensions and the column of dim_student_year each is read from; `all` is the one-group dimension. #}
{% macro subgroup_dimensions() %}
    {{ return([
        {'type': 'all', 'column': "'All'"},
        {'type': 'race_ethnicity', 'column': 'race_ethnicity'},
        {'type': 'sex', 'column': 'sex'},
        {'type': 'economic_disadvantage', 'column': 'economic_disadvantage'},
        {'type': 'english_learner', 'column': 'english_learner'},
        {'type': 'idea', 'column': 'idea'},
        {'type': 'grade', 'column': 'grade_level_code'},
    ]) }}
{% endmacro %}

{#
    From student rows to indicator rows, every organization by every subgroup value, zeros included.

    `student_rows` is a CTE with one row per authority, school_year, org_level, org_id and student_key, and the columns
    student_count, numerator, denominator, n_missing (whole numbers or null) and as_of_date. Students are first summed by
    whole profile, so the subgroup dimensions are spread over profiles, not over students.
#}
{% macro disaggregate(student_rows, indicator_id, version, unit) -%}
{%- set columns = subgroup_dimensions() | map(attribute='column') | reject('equalto', "'All'") | list -%}
profiles as (
    select
        r.authority, r.school_year, r.org_level, r.org_id, s.{{ columns | join(', s.') }},
        sum(r.student_count) as student_count, sum(r.numerator) as numerator, sum(r.denominator) as denominator,
        sum(r.n_missing) as n_missing
    from {{ student_rows }} as r
    inner join {{ ref('dim_student_year') }} as s on r.student_key = s.student_key and r.school_year = s.school_year
    group by r.authority, r.school_year, r.org_level, r.org_id, s.{{ columns | join(', s.') }}
),

dimensions as (
    select distinct disaggregate_type from {{ ref('subgroup_values') }}
),

spread as (
    select
        p.authority, p.school_year, p.org_level, p.org_id, d.disaggregate_type,
        case d.disaggregate_type
            {%- for dimension in subgroup_dimensions() %}
            when '{{ dimension.type }}' then {{ dimension.column }}
            {%- endfor %}
        end as disaggregate_value,
        p.student_count, p.numerator, p.denominator, p.n_missing
    from profiles as p
    cross join dimensions as d
),

counted as (
    select
        authority, school_year, org_level, org_id, disaggregate_type, disaggregate_value,
        sum(student_count) as student_count, sum(numerator) as numerator, sum(denominator) as denominator,
        sum(n_missing) as n_missing
    from spread
    group by authority, school_year, org_level, org_id, disaggregate_type, disaggregate_value
),

organizations_with_students as (
    -- The figures of an organization are complete through the earliest date any of its rows is counted through.
    select authority, school_year, org_level, org_id, min(as_of_date) as as_of_date
    from {{ student_rows }}
    group by authority, school_year, org_level, org_id
)

select
    cast('{{ indicator_id }}' as varchar) as indicator_id,
    cast({{ version }} as integer) as indicator_version,
    cast(o.authority as varchar) as authority,
    cast(o.school_year as integer) as school_year,
    cast(o.org_level as varchar) as org_level,
    cast(o.org_id as varchar) as org_id,
    cast(g.parent_org_id as varchar) as parent_org_id,
    cast(g.lea_id as varchar) as lea_id,
    cast(v.disaggregate_type as varchar) as disaggregate_type,
    cast(v.disaggregate_value as varchar) as disaggregate_value,
    cast({{ 'null' if unit == 'count' else 'coalesce(c.numerator, 0)' }} as bigint) as numerator,
    cast({{ 'null' if unit == 'count' else 'coalesce(c.denominator, 0)' }} as bigint) as denominator,
    cast(coalesce(c.student_count, 0) as bigint) as student_count,
    cast(coalesce(c.n_missing, 0) as bigint) as n_missing,
    cast('{{ unit }}' as varchar) as unit,
    cast(o.as_of_date as date) as as_of_date
from organizations_with_students as o
inner join {{ ref('dim_organization') }} as g on o.org_level = g.org_level and o.org_id = g.org_id
cross join {{ ref('subgroup_values') }} as v
left join counted as c
    on o.authority = c.authority and o.school_year = c.school_year
    and o.org_level = c.org_level and o.org_id = c.org_id
    and v.disaggregate_type = c.disaggregate_type and v.disaggregate_value = c.disaggregate_value
{%- endmacro %}

{# One row per authority: the named parameters of an indicator as columns, with the school years they hold for. #}
{% macro parameters_of(indicator_id, names) -%}
    select
        authority, first_school_year, last_school_year
        {%- for name in names %},
        max(value) filter (where parameter = '{{ name }}') as {{ name }}
        {%- endfor %}
    from {{ ref('indicator_parameters') }}
    where indicator_id = '{{ indicator_id }}'
    group by authority, first_school_year, last_school_year
{%- endmacro %}

{% macro holds_in(parameters, school_year) -%}
    ({{ school_year }} >= coalesce({{ parameters }}.first_school_year, 0)
    and {{ school_year }} <= coalesce({{ parameters }}.last_school_year, 9999))
{%- endmacro %}
