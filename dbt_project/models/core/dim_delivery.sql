{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ delete_stale_deliveries() }}") }}

with deliveries as (
    {{ new_deliveries() }}
),

calendar_span as (
    select delivery_key, max(calendar_date) as last_instructional_date
    from {{ ref('dim_calendar') }}
    group by delivery_key
),

attendance_span as (
    select
        d.delivery_key,
        max(a.attendance_date) as last_attendance_date,
        count(*) as attendance_row_count,
        count(*) filter (where a.attendance_status_code = 'Present' and coalesce(a.absent_fraction, 0) = 0)
            as present_row_count
    from {{ ref('stg_attendance') }} as a
    inner join deliveries as d
        on a.batch_id = d.batch_id and a.source_id = d.source_id and a.school_year = d.school_year
    group by d.delivery_key
)

select
    d.delivery_key, d.delivery_version, d.source_id, d.lea_id, d.school_year,
    c.last_instructional_date,
    a.last_attendance_date,
    least(
        case
            when a.last_attendance_date + {{ var('open_year_gap_days') }} < c.last_instructional_date
                then a.last_attendance_date
            else c.last_instructional_date
        end
        {%- if var('as_of_date') %}, date '{{ var("as_of_date") }}'{% endif %}
    ) as as_of_date,
    coalesce(a.attendance_row_count, 0) as attendance_row_count,
    coalesce(a.present_row_count, 0) as present_row_count
from deliveries as d
left join calendar_span as c on d.delivery_key = c.delivery_key
left join attendance_span as a on d.delivery_key = a.delivery_key
