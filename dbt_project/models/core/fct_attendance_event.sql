{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ delete_stale_deliveries() }}") }}

with deliveries as (
    {{ new_deliveries() }}
),

received as (
    select
        d.delivery_key, d.delivery_version, a.source_id, a.lea_id, a.school_year, a.student_key, a.school_id,
        a.attendance_date, a.attendance_status_code, a.minutes_late,
        coalesce(a.absent_fraction, case
            when a.attendance_status_code in ('ExcusedAbsence', 'UnexcusedAbsence') then 1
            when a.attendance_status_code in ('Present', 'Tardy', 'EarlyDeparture') then 0
        end) as absent_fraction
    from {{ ref('stg_attendance') }} as a
    inner join deliveries as d
        on a.batch_id = d.batch_id and a.source_id = d.source_id and a.school_year = d.school_year
    -- Daily "present" rows say what the calendar and the enrollment already say; dim_delivery counts them.
    where a.attendance_status_code is null or a.attendance_status_code <> 'Present' or a.absent_fraction > 0
),

resolved as (
    -- Parts of one day add up: an excused and an unexcused half make a whole day away, and no day is more than a day.
    select
        delivery_key, delivery_version, source_id, lea_id, school_year, student_key, school_id, attendance_date,
        -- Not least(): it passes over nulls and would make a whole absence of an unknown status.
        case when sum(absent_fraction) > 1 then 1 else sum(absent_fraction) end as absent_fraction,
        bool_or(attendance_status_code = 'Tardy') as is_tardy,
        not bool_or(attendance_status_code = 'UnexcusedAbsence') as is_excused,
        max(minutes_late) as minutes_late,
        count(*) as record_count
    from received
    group by delivery_key, delivery_version, source_id, lea_id, school_year, student_key, school_id, attendance_date
),

dated as (
    select r.*, c.day_ordinal
    from resolved as r
    left join {{ ref('dim_calendar') }} as c
        on r.delivery_key = c.delivery_key and r.school_id = c.school_id and r.attendance_date = c.calendar_date
),

while_enrolled as (
    select distinct d.delivery_key, d.student_key, d.school_id, d.attendance_date
    from dated as d
    inner join {{ ref('fct_enrollment') }} as e
        on d.delivery_key = e.delivery_key and d.student_key = e.student_key and d.school_id = e.school_id
        and d.day_ordinal between e.first_day_ordinal and e.last_day_ordinal
    where e.exclusion_reason is null
)

select
    d.delivery_key, d.delivery_version, d.source_id, d.lea_id, d.school_year, d.student_key, d.school_id,
    d.attendance_date, d.day_ordinal,
    cast(d.absent_fraction as decimal(9, 4)) as absent_fraction,
    coalesce({{ is_absent_day('d.absent_fraction') }}, false) as is_absent_day,
    coalesce(d.is_tardy, false) as is_tardy,
    coalesce(d.is_excused, true) as is_excused,
    d.minutes_late,
    d.record_count,
    case
        when d.absent_fraction is null then 'unknown_status'
        when d.day_ordinal is null then 'not_an_instructional_day'
        when w.student_key is null then 'not_enrolled'
    end as exclusion_reason
from dated as d
left join while_enrolled as w
    on d.delivery_key = w.delivery_key and d.student_key = w.student_key and d.school_id = w.school_id
    and d.attendance_date = w.attendance_date
