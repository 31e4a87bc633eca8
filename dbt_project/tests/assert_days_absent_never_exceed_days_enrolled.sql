-- Finds: students with more days absent than enrolled, at a school, in a district or in the state.
-- Matters: always. A rate above one says that some day was counted twice.
-- Resolve: look at overlapping spells of the student and at dates that the calendar holds twice.
{{ config(meta={'dagster': {'ref': {'name': 'fct_student_school_year'}}}) }}
{% for fact in ['fct_student_school_year', 'fct_student_lea_year', 'fct_student_year'] -%}
select '{{ fact }}' as fact, student_key, school_year
from {{ ref(fact) }}
where days_absent > days_enrolled or days_absent < 0
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
