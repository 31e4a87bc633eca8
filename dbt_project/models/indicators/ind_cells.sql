{%- set published = published_tables() -%}
-- One authority per table: two minimum-day rules side by side would let a reader subtract one from the other.
with cells as (
    {%- for table_id, model, authority, indicator_id in published %}
    select
        cast('{{ table_id }}' as varchar) as table_id, school_year, org_level, org_id, parent_org_id,
        disaggregate_type, disaggregate_value, student_count, numerator, denominator
    from {{ ref(model) }}
    where authority = '{{ authority }}' and {{ is_published_breakdown('disaggregate_type') }}
        {%- if indicator_id %} and indicator_id = '{{ indicator_id }}'{% endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

counted as (
    select *, max(student_count) over (partition by table_id, school_year) as largest_count
    from cells
)

-- A year for which nobody sent anything is not published: its zeros would say that there was nobody.
select
    table_id, school_year, org_level, org_id, parent_org_id, disaggregate_type, disaggregate_value, student_count,
    numerator, denominator
from counted
where largest_count > 0
