{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ delete_stale_deliveries() }}") }}

with deliveries as (
    {{ new_deliveries() }}
),

instructional_days as (
    -- A date may carry several events; one instructional event makes it a day of instruction.
    select d.delivery_key, d.delivery_version, c.source_id, c.lea_id, c.school_year, c.school_id, c.calendar_date
    from {{ ref('stg_calendars') }} as c
    inner join deliveries as d
        on c.batch_id = d.batch_id and c.source_id = d.source_id and c.school_year = d.school_year
    where c.calendar_event_code = 'InstructionalDay'
    group by d.delivery_key, d.delivery_version, c.source_id, c.lea_id, c.school_year, c.school_id, c.calendar_date
)

select
    delivery_key, delivery_version, source_id, lea_id, school_year, school_id, calendar_date,
    row_number() over (partition by delivery_key, school_id order by calendar_date) as day_ordinal
from instructional_days
