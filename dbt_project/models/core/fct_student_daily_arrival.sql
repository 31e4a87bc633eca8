{{ config(materialized='view') }}

select
    d.lea_id, d.school_year, d.student_key, d.school_id, d.calendar_date,
    coalesce(a.arrival, 'on_time') as arrival, a.bus_evidence
from {{ ref('fct_student_daily_attendance') }} as d
left join {{ ref('fct_student_arrival') }} as a
    on d.school_year = a.school_year and d.student_key = a.student_key and d.school_id = a.school_id
    and d.calendar_date = a.attendance_date
