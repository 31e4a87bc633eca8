-- Finds: facts of a delivery that is no longer current.
-- Matters: always. Figures would mix what a district sent before with what it sent instead.
-- Resolve: the pre-hook delete_stale_deliveries removes them on the next run; if not, its version lacks something.
{{ config(meta={'dagster': {'ref': {'name': 'fct_enrollment'}}}) }}
{% for fact in ['dim_calendar', 'dim_delivery', 'fct_enrollment', 'fct_attendance_event', 'fct_student_school_year',
    'fct_assessment_result', 'fct_course_grade', 'fct_survey_response', 'fct_bus_run'] -%}
select distinct '{{ fact }}' as fact, f.delivery_version
from {{ ref(fact) }} as f
where f.delivery_version not in (select delivery_version from {{ ref('stg_deliveries') }})
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
