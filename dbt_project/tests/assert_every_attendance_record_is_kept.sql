-- Finds: deliveries whose attendance records are neither in an event nor counted as plain "present".
-- Matters: always. Every absence lost makes a school look better than it is.
-- Resolve: as for enrolments, compare batch_id and delivery_version; then the filter at the top of fct_attendance_event.
{{ config(meta={'dagster': {'ref': {'name': 'fct_attendance_event'}}}) }}
with kept as (
    select delivery_key, sum(record_count) as record_count
    from {{ ref('fct_attendance_event') }}
    group by delivery_key
)

select d.source_id, d.school_year
from {{ ref('dim_delivery') }} as d
left join kept as k on d.delivery_key = k.delivery_key
where d.attendance_row_count <> d.present_row_count + coalesce(k.record_count, 0)
