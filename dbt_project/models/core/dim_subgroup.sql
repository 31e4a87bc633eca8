{{ config(materialized='view') }}

{% for breakdown in breakdowns() -%}
select student_key, school_year, '{{ breakdown.type }}' as disaggregate_type,
    {{ breakdown_value(breakdown) }} as disaggregate_value
from {{ ref('dim_student_year') }}
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
