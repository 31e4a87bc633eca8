{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ delete_stale_deliveries() }}") }}

with deliveries as (
    {{ new_deliveries() }}
),

spells as (
    select
        e.*,
        -- Days already counted by the student's earlier spells at the school: overlapping spells count a day once.
        max(e.last_day_ordinal) over (
            partition by e.delivery_key, e.student_key, e.school_id
            order by e.first_day_ordinal nulls last, e.last_day_ordinal nulls last, e.entry_date nulls last
            rows between unbounded preceding and 1 preceding
        ) as counted_through,
        row_number() over (
            partition by e.delivery_key, e.student_key, e.school_id
            order by e.entry_date desc nulls last, coalesce(e.exit_date, date '9999-12-31') desc nulls last,
                e.grade_level_code nulls last
        ) as recency
    from {{ ref('fct_enrollment') }} as e
    inner join deliveries as d on e.delivery_key = d.delivery_key
    where e.exclusion_reason is null or e.exclusion_reason = 'no_calendar'
),

memberships as (
    select
        delivery_key, delivery_version, source_id, lea_id, school_year, student_key, school_id,
        max(grade_level_code) filter (where recency = 1) as grade_level_code,
        min(entry_date) as first_entry_date,
        max(exit_date) filter (where recency = 1) as last_exit_date,
        count(*) as spell_count,
        max(last_day_ordinal) as last_day_ordinal,
        -- greatest() passes over nulls, so a spell without a calendar must be kept from it.
        cast(sum(case when last_day_ordinal is not null
            then greatest(0, last_day_ordinal - greatest(first_day_ordinal, coalesce(counted_through, 0) + 1) + 1)
        end) as bigint) as days_enrolled
    from spells
    group by delivery_key, delivery_version, source_id, lea_id, school_year, student_key, school_id
),

school_days as (
    select c.delivery_key, c.school_id, max(c.day_ordinal) as as_of_ordinal
    from {{ ref('dim_calendar') }} as c
    inner join deliveries as d on c.delivery_key = d.delivery_key
    inner join {{ ref('dim_delivery') }} as s on c.delivery_key = s.delivery_key
    where c.calendar_date <= s.as_of_date
    group by c.delivery_key, c.school_id
),

events as (
    select
        a.delivery_key, a.student_key, a.school_id,
        count(*) filter (where a.is_absent_day) as days_absent,
        count(*) filter (where a.is_absent_day and a.day_ordinal > s.as_of_ordinal - 20) as days_absent_last_20,
        count(*) filter (where a.is_tardy and not a.is_absent_day) as days_tardy
    from {{ ref('fct_attendance_event') }} as a
    inner join school_days as s on a.delivery_key = s.delivery_key and a.school_id = s.school_id
    where a.exclusion_reason is null
    group by a.delivery_key, a.student_key, a.school_id
),

measured as (
    select
        m.*,
        d.as_of_date,
        coalesce(m.last_day_ordinal = s.as_of_ordinal, m.last_exit_date is null) as is_enrolled_at_as_of,
        -- No attendance record in the whole delivery means attendance was not sent, not that nobody was absent.
        d.attendance_row_count > 0 and m.days_enrolled is not null as has_attendance,
        coalesce(e.days_absent, 0) as days_absent_or_zero,
        coalesce(e.days_absent_last_20, 0) as days_absent_last_20_or_zero,
        coalesce(e.days_tardy, 0) as days_tardy_or_zero
    from memberships as m
    inner join {{ ref('dim_delivery') }} as d on m.delivery_key = d.delivery_key
    left join school_days as s on m.delivery_key = s.delivery_key and m.school_id = s.school_id
    left join events as e
        on m.delivery_key = e.delivery_key and m.student_key = e.student_key and m.school_id = e.school_id
)

select
    delivery_key, delivery_version, source_id, lea_id, school_year, student_key, school_id, grade_level_code,
    first_entry_date, last_exit_date, is_enrolled_at_as_of, spell_count, days_enrolled,
    case when has_attendance then days_absent_or_zero end as days_absent,
    case when has_attendance then days_enrolled - days_absent_or_zero end as days_present,
    case when has_attendance then days_tardy_or_zero end as days_tardy,
    case when has_attendance then days_absent_last_20_or_zero end as days_absent_last_20,
    as_of_date
from measured
