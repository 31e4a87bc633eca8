{#
    Finds facts that stand for more or fewer records than were accepted. Matters always: a record lost is somebody missing
    from every figure made of the fact, a doubled one is counted twice. Resolve by looking at the fact's joins (a doubled
    row) and at its filters (a lost one); if the fact is stale, run dbt with --full-refresh.
    `count` is what one row of the fact stands for: 1, or its record_count.
#}
{% test keeps_every_record(model, records, count='1') %}
select kept.row_count as kept_count, received.row_count as received_count
from (select coalesce(sum({{ count }}), 0) as row_count from {{ model }}) as kept
cross join (select count(*) as row_count from {{ ref(records) }}) as received
where kept.row_count <> received.row_count
{% endtest %}
