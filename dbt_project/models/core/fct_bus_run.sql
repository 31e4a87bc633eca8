{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ delete_stale_deliveries() }}") }}

with deliveries as (
    {{ new_deliveries() }}
),

bells as (
    select source_id, school_year, school_id, bell_date, first_bell
    from {{ ref('stg_bell_times') }}
)

select
    d.delivery_key, d.delivery_version, r.source_id, r.lea_id, r.school_year, r.route_id, r.school_id, r.run_date,
    r.run_period_code, r.run_status_code, r.scheduled_arrival, r.actual_arrival, b.first_bell, r.riders, r.vehicle_id, r.seats,
    r.miles, r.deadhead_miles,
    {{ minute_of('r.actual_arrival') }} - {{ minute_of('r.scheduled_arrival') }} as minutes_after_scheduled,
    case when r.run_period_code = 'Morning'
        then {{ minute_of('r.actual_arrival') }} - {{ minute_of('b.first_bell') }} end as minutes_after_bell,
    case
        when r.run_status_code in ('Canceled', 'Duplicated') then 'not_run'
        when r.actual_arrival is null then 'arrival_unknown'
    end as exclusion_reason
from {{ ref('stg_bus_runs') }} as r
inner join deliveries as d on r.batch_id = d.batch_id and r.source_id = d.source_id and r.school_year = d.school_year
left join bells as b
    on r.source_id = b.source_id and r.school_year = b.school_year and r.school_id = b.school_id
    and r.run_date = b.bell_date
