-- Read from the models' own definitions, which dbt knows only when it runs; while it parses there are none.
{%- for model in indicator_models() if execute %}
{%- set node = graph.nodes['model.' ~ project_name ~ '.' ~ model] %}
{%- set meta = node.config.meta %}
{% if not loop.first %}union all{% endif %}
select
    cast('{{ model }}' as varchar) as indicator_table,
    cast('{{ meta.indicator_id }}' as varchar) as definition_id,
    cast('{{ meta.title | replace("'", "''") }}' as varchar) as title,
    cast('{{ meta.direction | replace("'", "''") }}' as varchar) as direction,
    {{ 'counts_days_or_moves' not in node.tags }} as counts_students
    {%- for driver, word in drivers().items() %},
    {{ word in meta.driver | lower }} as is_{{ driver }}
    {%- endfor %}
{%- endfor %}
