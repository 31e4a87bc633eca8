{{ config(materialized='view') }}

with parameters as (
    {{ parameters_of('I35', ['uses_schedule', 'minutes_before_bell', 'grace_minutes']) }}
),

days_of_instruction as (
    select distinct school_year, school_id, calendar_date from {{ ref('dim_calendar') }}
),

schools_with_calendar as (
    select distinct school_year, school_id from days_of_instruction
),

runs as (
    select
        p.authority, r.school_year, r.route_id, r.school_id, coalesce(o.lea_id, r.lea_id) as lea_id, r.run_date,
        r.riders, coalesce(r.run_status_code, 'Scheduled') as run_status_code,
        {{ minute_of('r.actual_arrival') }} as arrival_minute,
        p.grace_minutes + coalesce(
            case when p.uses_schedule = 1 then {{ minute_of('r.scheduled_arrival') }} end,
            {{ minute_of('r.first_bell') }} - p.minutes_before_bell) as due_minute,
        case
            when r.run_period_code is null or r.run_period_code <> 'Morning' then 'not_a_morning_run'
            when r.run_status_code in ('Added', 'Unscheduled', 'Duplicated') then 'not_scheduled'
            when s.school_id is not null and d.calendar_date is null then 'no_day_of_instruction'
        end as exclusion_reason
    from {{ ref('fct_bus_run') }} as r
    inner join parameters as p on {{ holds_in('p', 'r.school_year') }}
    left join {{ ref('dim_organization') }} as o on o.org_level = 'school' and r.school_id = o.org_id
    left join schools_with_calendar as s on r.school_year = s.school_year and r.school_id = s.school_id
    left join days_of_instruction as d
        on r.school_year = d.school_year and r.school_id = d.school_id and r.run_date = d.calendar_date
)

select
    authority, school_year, route_id, school_id, lea_id, run_date, riders, run_status_code, due_minute, arrival_minute,
    -- A canceled run never came. Otherwise null, missing, without an arrival (no position was received) or a time due.
    case
        when run_status_code = 'Canceled' then 0
        when arrival_minute <= due_minute then 1
        when arrival_minute > due_minute then 0
    end as is_on_time,
    case
        when run_status_code = 'Canceled' then null
        when arrival_minute <= due_minute then 0
        when arrival_minute > due_minute then arrival_minute - due_minute
    end as minutes_late,
    exclusion_reason
from runs
