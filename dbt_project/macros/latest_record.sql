{#
    One row per key over all current deliveries. What lasts (a credential, a degree, a term at college) is sent again with
    the next year's files: the newest file is believed, and within a year the state agency's before a district's.
    `record_count` says how many records a row stands for, so that none is lost unseen (see the test assert_every_record_is_kept).
#}
{% macro latest_record(records, keys, columns) -%}
    select
        source_id, lea_id, school_year,
        {{ (keys + columns) | join(', ') }}, record_count
    from (
        select
            *,
            count(*) over (partition by {{ keys | join(', ') }}) as record_count,
            row_number() over (
                partition by {{ keys | join(', ') }}
                order by school_year desc, lea_id nulls first, source_id, batch_id
                    {%- for column in columns %}, {{ column }} nulls last{% endfor %}
            ) as preference
        from {{ ref(records) }}
    ) as r
    where preference = 1
{%- endmacro %}

{# Minutes since midnight of a time; the arithmetic of times is spelled differently on every engine. #}
{% macro minute_of(time) -%}
    (extract(hour from {{ time }}) * 60 + extract(minute from {{ time }}))
{%- endmacro %}
