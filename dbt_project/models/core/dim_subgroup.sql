{{ config(materialized='view') }}

{% for dimension in subgroup_dimensions() -%}
select student_key, school_year, '{{ dimension.type }}' as disaggregate_type,
    {{ dimension.column }} as disaggregate_value
from {{ ref('dim_student_year') }}
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
