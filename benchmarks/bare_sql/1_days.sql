-- Who was where on how many days, and absent on how many: straight from the record tables.

create temp table calendar as
select source_id, school_year, school_id, calendar_date,
    row_number() over (partition by source_id, school_year, school_id order by calendar_date) as ordinal
from (
    select distinct source_id, school_year, school_id, calendar_date
    from warehouse.records.calendars where calendar_event_code = 'InstructionalDay'
);

-- A year under way (21 days and more without attendance before its last day) is counted through its newest attendance.
create temp table delivery as
select source_id, school_year, coalesce(attendance_rows, 0) > 0 as sends_attendance,
    if(coalesce(last_attendance + 21 < last_day, false), last_attendance, last_day) as as_of
from warehouse.records.current_deliveries
left join (select source_id, school_year, max(calendar_date) as last_day from calendar group by all)
    using (source_id, school_year)
left join (
    select source_id, school_year, max(attendance_date) as last_attendance, count(*) as attendance_rows
    from warehouse.records.attendance group by all
) using (source_id, school_year);

create temp table spell as
select e.source_id, e.lea_id, e.school_year, e.student_key, e.school_id, e.entry_date, e.exit_date,
    e.grade_level_code, least(coalesce(e.exit_date, d.as_of), d.as_of) as last_date, d.as_of, d.sends_attendance,
    l.ordinal - f.ordinal + 1 as days,
    coalesce(e.exit_date < e.entry_date, false) as is_backward,
    c.school_id is not null as has_calendar,
    has_calendar and not is_backward and coalesce(days > 0, false) as is_counted
from warehouse.records.enrollments as e
join delivery as d using (source_id, school_year)
left join (select distinct source_id, school_year, school_id from calendar) as c
    using (source_id, school_year, school_id)
asof left join calendar as f on e.source_id = f.source_id and e.school_year = f.school_year
    and e.school_id = f.school_id and e.entry_date <= f.calendar_date
asof left join calendar as l on e.source_id = l.source_id and e.school_year = l.school_year
    and e.school_id = l.school_id and least(coalesce(e.exit_date, d.as_of), d.as_of) >= l.calendar_date;

-- Absent: away for more than half of an instructional day while enrolled. Parts of a day add up.
create temp table event as
with told as (
    select source_id, school_year, student_key, school_id, attendance_date as calendar_date,
        sum(coalesce(absent_fraction::decimal(9, 4), case
            when attendance_status_code in ('ExcusedAbsence', 'UnexcusedAbsence') then 1
            when attendance_status_code in ('Present', 'Tardy', 'EarlyDeparture') then 0
        end)) as absent_fraction,
        coalesce(bool_or(attendance_status_code = 'Tardy'), false) as is_tardy
    from warehouse.records.attendance
    where attendance_status_code is distinct from 'Present' or absent_fraction > 0
    group by all
)
select told.* exclude (absent_fraction), absent_fraction > 0.5 as is_absent
from told
semi join calendar using (source_id, school_year, school_id, calendar_date)
semi join spell as s on s.is_counted and told.source_id = s.source_id and told.school_year = s.school_year
    and told.student_key = s.student_key and told.school_id = s.school_id
    and told.calendar_date between s.entry_date and s.last_date
where absent_fraction is not null;

-- Only for those with several spells are dates laid side by side.
create temp table laid_out as
select distinct s.source_id, s.school_year, s.student_key, s.school_id, c.calendar_date,
    coalesce(v.is_absent, false) as is_absent
from spell as s
semi join (select student_key, school_year from spell group by all having count(*) > 1)
    using (student_key, school_year)
join calendar as c on s.source_id = c.source_id and s.school_year = c.school_year and s.school_id = c.school_id
    and c.calendar_date between s.entry_date and s.last_date
left join event as v on s.source_id = v.source_id and s.school_year = v.school_year
    and s.student_key = v.student_key and s.school_id = v.school_id and c.calendar_date = v.calendar_date
where s.is_counted;

create temp table at_school as
with stay as (
    select source_id, lea_id, school_year, student_key, school_id, as_of, sends_attendance,
        count(*) as spells, sum(days)::bigint as days,
        min(entry_date) as first_entry_date,
        first({'grade': grade_level_code, 'exit': exit_date}
            order by entry_date desc, coalesce(exit_date, '9999-12-31') desc, grade_level_code) as latest
    from spell where is_counted or (not has_calendar and not is_backward) group by all
)
select s.source_id, s.lea_id, s.school_year, s.student_key, s.school_id, s.as_of, s.first_entry_date,
    s.latest.grade as grade_level_code, s.latest.exit as last_exit_date,
    if(s.spells > 1, o.days, s.days) as days_enrolled,
    if(s.sends_attendance and days_enrolled is not null, coalesce(v.absent, 0), null) as days_absent,
    if(days_absent is not null, coalesce(v.tardy, 0), null) as days_tardy
from stay as s
left join (select source_id, school_year, student_key, school_id, count(*) as days from laid_out group by all) as o
    using (source_id, school_year, student_key, school_id)
left join (
    select source_id, school_year, student_key, school_id, count(*) filter (is_absent) as absent,
        count(*) filter (is_tardy and not is_absent) as tardy
    from event group by all
) as v using (source_id, school_year, student_key, school_id);
