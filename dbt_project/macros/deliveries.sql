{#
    Cost follows change. The heavy facts hold rows of many deliveries; a run must rewrite only those of the deliveries
    that changed. Both macros below look at state, not at history: whatever was interrupted, removed or replaced before,
    after one run the table holds exactly the current deliveries.

    A delivery_key says whose delivery of which year it is, and stays when it comes again: facts are joined by it. Its
    delivery_version names the batch, too, and every setting that changes what is made of it, so a new setting rebuilds.
    Only the macros here read versions (see keep.sql: no table is made anew for a version alone).
#}
{% macro delivery_key() -%}
    concat_ws('|', source_id, lea_id, cast(school_year as varchar))
{%- endmacro %}

{% macro delivery_version() -%}
    concat_ws('|', source_id, lea_id, cast(school_year as varchar), batch_id,
        '{{ var("as_of_date") }}', '{{ var("open_year_gap_days") }}', '{{ var("exit_date_is_last_day") }}')
{%- endmacro %}

{# Pre-hook: runs in the same transaction as the insert that follows. #}
{% macro delete_stale_deliveries() -%}
    {% if is_incremental() %}
    delete from {{ this }} where delivery_version not in (select delivery_version from {{ ref('stg_deliveries') }})
    {% endif %}
{%- endmacro %}

{# One row per current delivery of which this table holds nothing yet. #}
{% macro new_deliveries() -%}
    select delivery_key, delivery_version, source_id, lea_id, school_year, batch_id
    from {{ ref('stg_deliveries') }}
    {% if is_incremental() %}
    where delivery_version not in (select delivery_version from {{ this }})
    {% endif %}
{%- endmacro %}
