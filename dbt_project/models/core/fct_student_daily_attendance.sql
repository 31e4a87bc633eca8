{{ config(materialized='view') }}

with days as (
    select distinct
        e.delivery_key, e.lea_id, e.school_year, e.student_key, e.school_id, c.calendar_date, c.day_ordinal
    from {{ ref('fct_enrollment') }} as e
    inner join {{ ref('dim_calendar') }} as c
        on e.delivery_key = c.delivery_key and e.school_id = c.school_id
        and c.day_ordinal between e.first_day_ordinal and e.last_day_ordinal
    where e.exclusion_reason is null
)

select
    d.lea_id, d.school_year, d.student_key, d.school_id, d.calendar_date, d.day_ordinal,
    coalesce(a.absent_fraction, 0) as absent_fraction,
    coalesce(a.is_absent_day, false) as is_absent_day,
    coalesce(a.is_tardy, false) as is_tardy
from days as d
inner join {{ ref('dim_delivery') }} as s on d.delivery_key = s.delivery_key and s.attendance_row_count > 0
left join {{ ref('fct_attendance_event') }} as a
    on d.delivery_key = a.delivery_key and d.student_key = a.student_key and d.school_id = a.school_id
    and d.calendar_date = a.attendance_date and a.exclusion_reason is null
