{#
    An indicator about the discipline of all students enrolled on any day: `numerator` is an expression over a row of
    fct_student_discipline, and `is_known` says whether the row tells it. In a year of which nobody knows it there is no row.
#}
{% macro discipline_figures(indicator_id, authority, numerator, is_known='is_discipline_known', unit='rate', number_type='bigint') -%}
with told as (
    select *, {{ is_known }} as is_known from {{ ref('fct_student_discipline') }}
),

told_years as (
    select school_year from told where is_known group by school_year
),

student_rows as (
    select
        '{{ authority }}' as authority, t.school_year, t.org_level, t.org_id, t.student_key, t.as_of_date,
        case when t.is_known then 1 else 0 end as student_count,
        case when t.is_known then 0 else 1 end as n_missing,
        case when t.is_known then {{ numerator }} else 0 end as numerator,
        case when t.is_known then 1 else 0 end as denominator
    from told as t
    inner join told_years as y on t.school_year = y.school_year
),

{{ disaggregate('student_rows', indicator_id, 1, unit, 'discipline', number_type=number_type) }}
{%- endmacro %}
