{#
    Yes/No statuses of a student, and the program whose participation is evidence of the status even where the
    demographic record is silent.
#}
{% macro student_flags() %}
    {{ return({
        'economic_disadvantage': none,
        'english_learner': 'EnglishLearner',
        'idea': 'SpecialEducation',
        'section_504': 'Section504',
        'homeless': 'Homeless',
        'migrant': 'Migrant',
        'foster': 'FosterCare',
        'military_connected': none,
    }) }}
{% endmacro %}

{# Program evidence for one flag, over rows of stg_program_participations. Free or reduced meals are evidence of economic
   disadvantage; "Full Price" contains neither word. #}
{% macro program_evidence(flag) -%}
    {%- set program = student_flags()[flag] -%}
    {%- if flag == 'economic_disadvantage' -%}
        coalesce(program_code = 'SchoolFoodService'
            and (service_source ilike '%free%' or service_source ilike '%reduced%'), false)
    {%- elif program -%}
        coalesce(program_code = '{{ program }}', false)
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}
