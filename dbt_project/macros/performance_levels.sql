{#
    The state's cut scores reach into every district's results, so results are stale when those change though no
    delivery of the district did. The version names the state's deliveries that hold any; a new one reads all anew.
#}
{% macro levels_version() -%}
    (
        select coalesce({{ ordered_list('delivery_version') }}, 'none')
        from (
            select distinct d.delivery_version
            from {{ ref('stg_deliveries') }} as d
            inner join {{ ref('stg_performance_levels') }} as p on d.source_id = p.source_id and d.batch_id = p.batch_id
            where d.lea_id is null
            union
            select distinct d.delivery_version
            from {{ ref('stg_deliveries') }} as d
            inner join {{ ref('stg_assessments') }} as a on d.source_id = a.source_id and d.batch_id = a.batch_id
            where d.lea_id is null
        ) as k
    )
{%- endmacro %}

{# Pre-hook, in the same transaction as the insert that follows. #}
{% macro delete_other_levels_versions() -%}
    {% if is_incremental() %}
    delete from {{ this }} where levels_version <> {{ levels_version() }}
    {% endif %}
{%- endmacro %}

{# Texts of a group in one, in order; spelled differently on every engine. #}
{% macro ordered_list(expression) -%}
    {{ return(adapter.dispatch('ordered_list')(expression)) }}
{%- endmacro %}

{% macro default__ordered_list(expression) -%} string_agg({{ expression }}, '+' order by {{ expression }}) {%- endmacro %}

{% macro spark__ordered_list(expression) -%} array_join(array_sort(collect_list({{ expression }})), '+') {%- endmacro %}
