{# A hash nobody can turn back; hashes are spelled differently on every engine. #}
{% macro one_way_key(expression) -%}
    {{ return(adapter.dispatch('one_way_key')(expression)) }}
{%- endmacro %}

{% macro default__one_way_key(expression) -%} sha256({{ expression }}) {%- endmacro %}

{% macro spark__one_way_key(expression) -%} sha2({{ expression }}, 256) {%- endmacro %}
