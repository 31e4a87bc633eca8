{# Whole days from one date to a later one; engines spell the difference of two dates differently. #}
{% macro days_between(first, last) -%}
    {{ return(adapter.dispatch('days_between')(first, last)) }}
{%- endmacro %}

{% macro default__days_between(first, last) -%} ({{ last }} - {{ first }}) {%- endmacro %}

{% macro spark__days_between(first, last) -%} datediff({{ last }}, {{ first }}) {%- endmacro %}
