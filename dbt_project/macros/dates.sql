{# Whole days from one date to a later one; engines spell the difference of two dates differently. #}
{% macro days_between(first, last) -%}
    {{ return(adapter.dispatch('days_between')(first, last)) }}
{%- endmacro %}

{% macro default__days_between(first, last) -%} ({{ last }} - {{ first }}) {%- endmacro %}

{% macro spark__days_between(first, last) -%} datediff({{ last }}, {{ first }}) {%- endmacro %}

{# The school year a date lies in: July 1 to June 30, named for the spring. #}
{% macro school_year_of(date) -%}
    cast(extract(year from {{ date }}) + case when extract(month from {{ date }}) >= 7 then 1 else 0 end as integer)
{%- endmacro %}
