{#
    The rows of an indicator about students of a school year at the school of their latest enrolment, from `members`: a CTE
    with one row per authority, school_year and student_key and the columns school_id, lea_id, student_count, numerator,
    denominator, n_missing and as_of_date.
#}
{% macro figures_of_students(members, indicator_id, unit, collection) -%}
student_rows as (
    {{- at_every_level(members, ['authority', 'school_year', 'student_key', 'student_count', 'numerator', 'denominator',
        'n_missing', 'as_of_date']) }}
),

{{ disaggregate('student_rows', indicator_id, 1, unit, collection) }}
{%- endmacro %}
