with bells as (
    select
        source_id, school_year, school_id, bell_date, {{ minute_of('first_bell') }} as bell_minute
    from {{ ref('stg_bell_times') }}
    where first_bell is not null
),

-- The usual bell is the one of most days of the year; of two the earlier.
usual_bells as (
    select source_id, school_year, school_id, bell_minute,
        row_number() over (
            partition by source_id, school_year, school_id order by count(*) desc, bell_minute
        ) as preference
    from bells
    group by source_id, school_year, school_id, bell_minute
),

delayed_openings as (
    select d.source_id, d.school_year, d.school_id, d.bell_date, d.bell_minute - u.bell_minute as delay_minutes
    from bells as d
    inner join usual_bells as u
        on d.source_id = u.source_id and d.school_year = u.school_year and d.school_id = u.school_id
        and u.preference = 1
    where d.bell_minute > u.bell_minute
)

select
    a.delivery_key, a.school_year, a.lea_id, a.school_id, a.student_key, a.attendance_date, a.minutes_late,
    d.delay_minutes
from {{ ref('fct_attendance_event') }} as a
inner join delayed_openings as d
    on a.source_id = d.source_id and a.school_year = d.school_year and a.school_id = d.school_id
    and a.attendance_date = d.bell_date
where a.is_tardy and not a.is_absent_day and a.exclusion_reason is null and a.minutes_late <= d.delay_minutes
