with late_or_absent as (
    select delivery_key, source_id, school_year, student_key, school_id, attendance_date, is_absent_day
    from {{ ref('fct_attendance_event') }}
    where exclusion_reason is null and (is_tardy or is_absent_day)
),

riders as (
    select distinct source_id, school_year, student_key, route_id from {{ ref('fct_student_transportation') }}
),

morning_runs as (
    select
        source_id, school_year, route_id, school_id, run_date,
        case
            when run_status_code = 'Canceled' then 'bus_canceled'
            when minutes_after_bell > 0 then 'bus_late'
            when minutes_after_bell <= 0 then 'bus_on_time'
            else 'arrival_unknown'
        end as bus_evidence
    from {{ ref('fct_bus_run') }}
    where run_period_code = 'Morning' and coalesce(run_status_code, 'Scheduled') <> 'Duplicated'
),

-- Who sends only half of it (runs, or who rides them) has told nothing about buses.
sources_with_buses as (
    select distinct m.source_id, m.school_year
    from morning_runs as m
    inner join riders as r on m.source_id = r.source_id and m.school_year = r.school_year
),

buses_of_students as (
    -- Of several buses one that failed is evidence; one of which nothing is known leaves the matter open.
    select
        e.student_key, e.school_id, e.attendance_date, e.delivery_key,
        case min(
            case coalesce(m.bus_evidence, 'no_run_told')
                when 'bus_canceled' then 1 when 'bus_late' then 2 when 'arrival_unknown' then 3 when 'no_run_told' then 4
                else 5
            end)
            when 1 then 'bus_canceled' when 2 then 'bus_late' when 3 then 'arrival_unknown' when 4 then 'no_run_told'
            else 'bus_on_time'
        end as bus_evidence
    from late_or_absent as e
    inner join riders as r
        on e.source_id = r.source_id and e.school_year = r.school_year and e.student_key = r.student_key
    left join morning_runs as m
        on r.source_id = m.source_id and r.school_year = m.school_year and r.route_id = m.route_id
        and e.school_id = m.school_id and e.attendance_date = m.run_date
    group by e.student_key, e.school_id, e.attendance_date, e.delivery_key
),

with_evidence as (
    select
        e.delivery_key, e.school_year, e.student_key, e.school_id, e.attendance_date, e.is_absent_day,
        case when s.source_id is null then 'no_bus_data' else coalesce(b.bus_evidence, 'not_a_rider') end as bus_evidence
    from late_or_absent as e
    left join sources_with_buses as s on e.source_id = s.source_id and e.school_year = s.school_year
    left join buses_of_students as b
        on e.delivery_key = b.delivery_key and e.student_key = b.student_key and e.school_id = b.school_id
        and e.attendance_date = b.attendance_date
)

select
    delivery_key, school_year, student_key, school_id, attendance_date, bus_evidence,
    case
        when is_absent_day and bus_evidence = 'bus_canceled' then 'absent_bus_missed'
        when is_absent_day and bus_evidence in ('bus_late', 'bus_on_time', 'not_a_rider') then 'absent_other'
        when is_absent_day then 'absent_unknown'
        when bus_evidence in ('bus_canceled', 'bus_late') then 'tardy_bus'
        when bus_evidence in ('bus_on_time', 'not_a_rider') then 'tardy_other'
        else 'tardy_unknown'
    end as arrival
from with_evidence
