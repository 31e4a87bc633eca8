{#
    Days of each student over the union of their enrolments within `keys`, no date counted twice. A student at one school
    keeps that school's count; only for those at several are dates laid side by side. On a date with two schools the
    student is absent if absent from both: somewhere, they were taught.
#}
{% macro unduplicated_days(keys) -%}
{%- set by = ['student_key', 'school_year'] + keys -%}
with rows_by_school as (
    select
        y.delivery_key, y.student_key, y.school_year, o.lea_id, y.school_id,
        y.days_enrolled, y.days_absent, y.days_tardy, y.as_of_date
    from {{ ref('fct_student_school_year') }} as y
    inner join {{ ref('dim_organization') }} as o on o.org_level = 'school' and y.school_id = o.org_id
),

sized as (
    select
        *,
        count(*) over (partition by {{ by | join(', ') }}) as row_count,
        count(days_absent) over (partition by {{ by | join(', ') }}) as measured_row_count
    from rows_by_school
),

-- Where attendance is known for some of the schools, the student is measured on those.
usable as (
    select * from sized where days_absent is not null or measured_row_count = 0
),

dates as (
    select
        u.{{ by | join(', u.') }}, c.calendar_date,
        bool_and(coalesce(a.is_absent_day, false)) as is_absent_day,
        bool_or(coalesce(a.is_tardy, false)) as is_tardy
    from usable as u
    inner join {{ ref('fct_enrollment') }} as e
        on u.delivery_key = e.delivery_key and u.student_key = e.student_key and u.school_id = e.school_id
        and e.exclusion_reason is null
    inner join {{ ref('dim_calendar') }} as c
        on u.delivery_key = c.delivery_key and u.school_id = c.school_id
        and c.day_ordinal between e.first_day_ordinal and e.last_day_ordinal
    left join {{ ref('fct_attendance_event') }} as a
        on u.delivery_key = a.delivery_key and u.student_key = a.student_key and u.school_id = a.school_id
        and c.calendar_date = a.attendance_date and a.exclusion_reason is null
    where u.row_count > 1
    group by u.{{ by | join(', u.') }}, c.calendar_date
),

united as (
    select
        {{ by | join(', ') }},
        count(*) as days_enrolled,
        count(*) filter (where is_absent_day) as days_absent,
        count(*) filter (where is_tardy and not is_absent_day) as days_tardy
    from dates
    group by {{ by | join(', ') }}
),

per_student as (
    select
        {{ by | join(', ') }},
        count(distinct school_id) as school_count,
        max(row_count) as row_count,
        max(measured_row_count) as measured_row_count,
        max(days_enrolled) as days_enrolled,
        max(days_absent) as days_absent,
        max(days_tardy) as days_tardy,
        min(as_of_date) as as_of_date
    from sized
    group by {{ by | join(', ') }}
),

chosen as (
    select
        p.{{ by | join(', p.') }}, p.school_count, p.as_of_date, p.measured_row_count,
        case when p.row_count > 1 then u.days_enrolled else p.days_enrolled end as days_enrolled,
        case when p.row_count > 1 then u.days_absent else p.days_absent end as days_absent,
        case when p.row_count > 1 then u.days_tardy else p.days_tardy end as days_tardy
    from per_student as p
    left join united as u on p.{{ by[0] }} = u.{{ by[0] }}
        {%- for key in by[1:] %} and p.{{ key }} = u.{{ key }}{% endfor %}
)

select
    {{ by | join(', ') }}, school_count, days_enrolled,
    case when measured_row_count > 0 then days_absent end as days_absent,
    case when measured_row_count > 0 then days_enrolled - days_absent end as days_present,
    case when measured_row_count > 0 then days_tardy end as days_tardy,
    as_of_date
from chosen
{%- endmacro %}
