{#
    Cost follows change, table by table. A `kept_table` is made anew only if its query, or what it reads, is other than
    when it was made; and where its rows come out as they were, what reads it is left alone in turn. So one district's
    corrected file costs what depends on what changed in it.

    Every table says in its comment what it was made from and what it holds: `made <hash> content <hash>`, the content a hash
    of its rows in any order. A view says what its query is, and what it reads counts as read through it; a seed is its file.
    The pipeline notes what a `source()` holds. What says nothing may hold anything: its readers are made anew.
    Comments are written in the transaction that makes the table, so a kill leaves either both or neither.
    For DuckDB only: elsewhere tables are made every time (dbt_project.yml).
#}
{% materialization kept_table, adapter='duckdb' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- set made = made_from() -%}
    {% if existing is not none and existing.is_table and made and not should_full_refresh()
            and said_of(this).startswith('made ' ~ made ~ ' ') %}
        {% call noop_statement('main', 'KEPT', 'KEPT') -%}
            -- neither the query nor what it reads has changed
        {%- endcall %}
    {% else %}
        {{ run_hooks(pre_hooks, inside_transaction=False) }}
        {{ run_hooks(pre_hooks, inside_transaction=True) }}
        {% call statement('main') -%}
            {% if existing is not none %}drop {{ existing.type }} {{ existing }};{% endif %}
            {{ create_table_as(False, target, compiled_code) }}
        {%- endcall %}
        {% do run_query(note(made)) %}
        {{ run_hooks(post_hooks, inside_transaction=True) }}
        {{ adapter.commit() }}
        {{ run_hooks(post_hooks, inside_transaction=False) }}
    {% endif %}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{# Post-hook of views and incremental tables, which no `made` keeps from being made again: notes what they hold. #}
{% macro note_content() %}
    {% if execute and target.type == 'duckdb' and model.config.materialized != 'kept_table' %}{{ note(none) }}{% endif %}
{% endmacro %}

{# The statement that notes on this relation what it was made from and what it holds. #}
{% macro note(made) %}
    {% if model.config.materialized == 'view' %}
        {{ return("comment on view " ~ this ~ " is 'content " ~ local_md5(model.compiled_code) ~ "'") }}
    {% endif %}
    {# Hashes of the rows add up in any order. A version only says of which bytes rows were made. #}
    {% set found = run_query(
        "select count(*) || '-' || coalesce(sum(hash(entire_row)), 0) from (select columns(lambda c: c not in "
        ~ "('delivery_version', 'levels_version')) from " ~ this ~ ") as entire_row"
    ).rows[0] %}
    {{ return("comment on table " ~ this ~ " is 'made " ~ (made or 'unknown') ~ " content " ~ found[0] ~ "'") }}
{% endmacro %}

{# A hash of the query, the declared columns and all the query reads; none where something it reads says nothing of itself. #}
{% macro made_from() %}
    {% set read = [] %}
    {% set names = [] %}
    {% do list_read(model.depends_on.nodes, read, names) %}
    {% if names %}
        {% set said = run_query(
            "select schema_name || '.' || name, comment from ("
            ~ "select database_name, schema_name, table_name as name, comment from duckdb_tables() union all "
            ~ "select database_name, schema_name, view_name, comment from duckdb_views() where not internal"
            ~ ") as r where database_name = '" ~ this.database ~ "' and comment is not null and schema_name || '.' || name in ('"
            ~ names | unique | sort | join("', '") ~ "') order by 1"
        ).rows %}
        {% if said | length < names | unique | list | length %}{{ return(none) }}{% endif %}
        {% for name, comment in said %}{% do read.append(name ~ ' ' ~ comment.split(' content ')[-1]) %}{% endfor %}
    {% endif %}
    {{ return(local_md5(model.compiled_code ~ (model.columns | tojson) ~ (read | sort | join('\n')))) }}
{% endmacro %}

{# Adds the files of seeds to `read` and the names of relations to `names`: those of some nodes and of what is read through them. #}
{% macro list_read(nodes, read, names) %}
    {% for id in nodes %}
        {% set node = graph.sources[id] if id.startswith('source.') else graph.nodes[id] %}
        {% if id.startswith('seed.') %}
            {% do read.append(id ~ ' ' ~ node.checksum.checksum) %}
        {% else %}
            {% if node.config.materialized != 'ephemeral' %}
                {% do names.append(node.schema ~ '.' ~ (node.alias or node.identifier)) %}
            {% endif %}
            {% if node.config.materialized in ['ephemeral', 'view'] %}
                {% do list_read(node.depends_on.nodes, read, names) %}
            {% endif %}
        {% endif %}
    {% endfor %}
{% endmacro %}

{# The comment of a table; an empty text without one. #}
{% macro said_of(relation) %}
    {% set found = run_query(
        "select comment from duckdb_tables() where database_name = '" ~ relation.database ~ "' and schema_name = '"
        ~ relation.schema ~ "' and table_name = '" ~ relation.identifier ~ "' and comment is not null"
    ).rows %}
    {{ return(found[0][0] if found | length else '') }}
{% endmacro %}
