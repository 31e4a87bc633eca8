{# The four drivers of improvement, and the word by which the definition of an indicator names each. #}
{% macro drivers() %}
    {{ return({
        'human_capacity': 'human capacity', 'resources': 'resources', 'leadership': 'leadership',
        'policy_and_incentives': 'policy',
    }) }}
{% endmacro %}

{#
    The outcomes the drivers are set against: of each the indicator as the law or the federal collections count it. Keyed by the
    end of the columns' names in state_driver_scorecard.
#}
{% macro outcomes() %}
    {{ return({
        'chronic_absenteeism': {'indicator_id': 'I01', 'authority': 'edfacts'},
        'mathematics': {'indicator_id': 'I06m', 'authority': 'report_card'},
        'reading': {'indicator_id': 'I06r', 'authority': 'report_card'},
        'graduation_4_year': {'indicator_id': 'I13', 'authority': 'essa_last_school'},
        'on_track_grade_9': {'indicator_id': 'I10a', 'authority': 'chicago_consortium'},
    }) }}
{% endmacro %}

{# Whether an indicator is one of the outcomes or another form of one: variants share the number. #}
{% macro is_outcome(indicator_id) -%}
    {%- set numbers = [] -%}
    {%- for outcome in outcomes().values() -%}{%- do numbers.append(outcome.indicator_id[:3]) -%}{%- endfor -%}
    left({{ indicator_id }}, 3) in ('{{ numbers | unique | join("', '") }}')
{%- endmacro %}

{# Whether a figure went the way that is better for students; null where the definition says of no way that it is. #}
{% macro is_better(change, direction) -%}
    case {{ direction }} when 'higher is better' then {{ change }} > 0 when 'lower is better' then {{ change }} < 0 end
{%- endmacro %}
