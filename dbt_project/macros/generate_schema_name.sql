{# Schema, folder and tier are one word. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or node.fqn[-2] }}
{%- endmacro %}
