{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ delete_stale_deliveries() }}") }}

with deliveries as (
    {{ new_deliveries() }}
),

spells as (
    select
        d.delivery_key, d.delivery_version, e.source_id, e.lea_id, e.school_year, e.student_key, e.school_id,
        e.entry_date, e.exit_date, e.grade_level_code, e.entry_type_code, e.exit_type_code,
        -- The last day of membership, known so far.
        least(
            coalesce(e.exit_date{{ '' if var('exit_date_is_last_day') else ' - 1' }}, s.as_of_date), s.as_of_date
        ) as last_member_date,
        e.entry_date - 1 as day_before_entry
    from {{ ref('stg_enrollments') }} as e
    inner join deliveries as d
        on e.batch_id = d.batch_id and e.source_id = d.source_id and e.school_year = d.school_year
    inner join {{ ref('dim_delivery') }} as s on d.delivery_key = s.delivery_key
),

-- A spell is counted by subtracting two ordinals of its school's calendar. Only the dates on which some spell begins or
-- ends are looked up, so the cost follows the spells, not the student-days.
boundaries as (
    select delivery_key, school_id, day_before_entry as boundary_date from spells
    union
    select delivery_key, school_id, last_member_date from spells
),

days_through as (
    select b.delivery_key, b.school_id, b.boundary_date,
        count(c.calendar_date) filter (where c.calendar_date <= b.boundary_date) as day_count
    from boundaries as b
    inner join {{ ref('dim_calendar') }} as c on b.delivery_key = c.delivery_key and b.school_id = c.school_id
    group by b.delivery_key, b.school_id, b.boundary_date
)

select
    s.delivery_key, s.delivery_version, s.source_id, s.lea_id, s.school_year, s.student_key, s.school_id,
    s.entry_date, s.exit_date, s.grade_level_code, s.entry_type_code, s.exit_type_code,
    before_entry.day_count + 1 as first_day_ordinal,
    through_exit.day_count as last_day_ordinal,
    case
        when s.exit_date < s.entry_date then 'exit_before_entry'
        when before_entry.day_count is null or through_exit.day_count is null then 'no_calendar'
        when through_exit.day_count <= before_entry.day_count then 'no_instructional_day'
    end as exclusion_reason
from spells as s
left join days_through as before_entry
    on s.delivery_key = before_entry.delivery_key and s.school_id = before_entry.school_id
    and s.day_before_entry = before_entry.boundary_date
left join days_through as through_exit
    on s.delivery_key = through_exit.delivery_key and s.school_id = through_exit.school_id
    and s.last_member_date = through_exit.boundary_date
