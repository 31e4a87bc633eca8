with as_of_dates as (
    {{ early_warning_as_of_dates() }}
),

-- A number for each sender's year and date: joins by it are several times as fast as by the keys it stands for.
dates as (
    select
        a.*, t.term_begin_date, row_number() over (order by a.delivery_key, a.as_of_date) as date_number
    from as_of_dates as a
    left join (
        -- The term a date lies in is the one begun last.
        select a.delivery_key, a.as_of_date, max({{ day_in_school_year('a', 'c') }}) as term_begin_date
        from as_of_dates as a
        inner join {{ ref('early_warning_dates') }} as c
            on c.kind = 'term_begin' and {{ holds_on('c', 'a.as_of_date') }}
            and {{ day_in_school_year('a', 'c') }} <= a.as_of_date
        group by a.delivery_key, a.as_of_date
    ) as t on a.delivery_key = t.delivery_key and a.as_of_date = t.as_of_date
),

school_days as (
    select d.date_number, d.delivery_key, c.school_id, max(c.day_ordinal) as day_ordinal
    from dates as d
    inner join {{ ref('dim_calendar') }} as c on d.delivery_key = c.delivery_key and c.calendar_date <= d.as_of_date
    group by d.date_number, d.delivery_key, c.school_id
),

spells as (
    select
        delivery_key, student_key, school_id, entry_date, exit_date, grade_level_code, first_day_ordinal,
        last_day_ordinal,
        -- A day of two spells at one school counts once.
        coalesce(max(last_day_ordinal) over (
            partition by delivery_key, student_key, school_id
            order by first_day_ordinal nulls last, last_day_ordinal nulls last, entry_date nulls last
            rows between unbounded preceding and 1 preceding
        ), 0) as counted_through
    from {{ ref('fct_enrollment') }}
    where exclusion_reason is null or exclusion_reason = 'no_calendar'
),

enrolled as (
    select d.date_number, s.student_key, s.school_id, max(s.grade_level_code) as grade_level_code
    from dates as d
    inner join spells as s
        on d.delivery_key = s.delivery_key and s.entry_date <= d.as_of_date
        and coalesce(s.exit_date, d.as_of_date) >= d.as_of_date
    group by d.date_number, s.student_key, s.school_id
),

-- Days so far at every school of the district: who has just changed schools does not begin anew.
days_enrolled as (
    select
        c.date_number, s.student_key,
        sum(greatest(0, least(s.last_day_ordinal, c.day_ordinal)
            - greatest(s.first_day_ordinal, s.counted_through + 1) + 1)) as days_enrolled,
        sum(greatest(0, least(s.last_day_ordinal, c.day_ordinal)
            - greatest(s.first_day_ordinal, s.counted_through + 1, c.day_ordinal - 19) + 1)) as days_enrolled_last_20
    from school_days as c
    inner join spells as s
        on c.delivery_key = s.delivery_key and c.school_id = s.school_id and s.first_day_ordinal <= c.day_ordinal
    where s.last_day_ordinal is not null
    group by c.date_number, s.student_key
),

days_absent as (
    select
        c.date_number, a.student_key, count(*) as days_absent,
        count(*) filter (where a.day_ordinal > c.day_ordinal - 20) as days_absent_last_20
    from school_days as c
    inner join {{ ref('fct_attendance_event') }} as a
        on c.delivery_key = a.delivery_key and c.school_id = a.school_id and a.day_ordinal <= c.day_ordinal
    where a.is_absent_day and a.exclusion_reason is null
    group by c.date_number, a.student_key
),

actions as (
    select
        d.date_number, a.student_key, count(*) as suspension_count_year,
        count(*) filter (where a.action_date >= d.term_begin_date) as suspension_count_term
    from dates as d
    inner join {{ ref('fct_discipline_action') }} as a
        on d.source_id = a.source_id and d.school_year = a.school_year and a.action_date <= d.as_of_date
    where a.is_exclusionary
    group by d.date_number, a.student_key
),

incidents as (
    -- Who only saw or suffered it was not referred for it.
    select p.source_id, p.school_year, p.student_key, p.school_id, p.incident_id, min(i.incident_date) as incident_date
    from {{ ref('fct_incident_participation') }} as p
    inner join {{ ref('stg_discipline_incidents') }} as i
        on p.source_id = i.source_id and p.school_year = i.school_year and p.school_id = i.school_id
        and p.incident_id = i.incident_id
    where p.participation_code = 'Perpetrator'
    group by p.source_id, p.school_year, p.student_key, p.school_id, p.incident_id
),

referrals as (
    select d.date_number, i.student_key, count(*) as referral_count_term
    from dates as d
    inner join incidents as i
        on d.source_id = i.source_id and d.school_year = i.school_year
        and i.incident_date >= d.term_begin_date and i.incident_date <= d.as_of_date
    group by d.date_number, i.student_key
),

grades as (
    select
        d.date_number, g.student_key, count(*) as graded_core_count,
        count(*) filter (where not g.is_passing) as failed_core_count,
        count(*) filter (where not g.is_passing and ({{ is_english('g.subject_code') }}
            or {{ is_mathematics('g.subject_code') }})) as failed_english_mathematics_count
    from dates as d
    inner join {{ ref('fct_course_grade') }} as g
        on d.delivery_key = g.delivery_key and g.posted_date <= d.as_of_date
    where g.exclusion_reason is null and g.is_core and not coalesce(g.session_name ilike '%summer%', false)
    group by d.date_number, g.student_key
),

-- What was never sent of anybody is not known of anybody: no record of a kind is not that nothing happened.
sent as (
    select
        d.date_number, v.attendance_row_count > 0 as is_attendance_sent, a.source_id is not null as is_discipline_sent,
        i.source_id is not null as is_incident_sent
    from dates as d
    inner join {{ ref('dim_delivery') }} as v on d.delivery_key = v.delivery_key
    left join (select distinct source_id, school_year from {{ ref('fct_discipline_action') }}) as a
        on d.source_id = a.source_id and d.school_year = a.school_year
    left join (select distinct source_id, school_year from {{ ref('fct_incident_participation') }}) as i
        on d.source_id = i.source_id and d.school_year = i.school_year
),

numbers as (
    select
        row_number() over (order by e.date_number, e.student_key, e.school_id) as row_key, e.date_number,
        e.student_key, e.school_id, e.grade_level_code, n.days_enrolled, n.days_enrolled_last_20,
        case when s.is_attendance_sent then coalesce(b.days_absent, 0) end as days_absent,
        case when s.is_attendance_sent then coalesce(b.days_absent_last_20, 0) end as days_absent_last_20,
        case when s.is_discipline_sent then coalesce(a.suspension_count_term, 0) end as suspension_count_term,
        case when s.is_discipline_sent then coalesce(a.suspension_count_year, 0) end as suspension_count_year,
        case when s.is_incident_sent then coalesce(r.referral_count_term, 0) end as referral_count_term,
        g.graded_core_count, g.failed_core_count, g.failed_english_mathematics_count
    from enrolled as e
    inner join sent as s on e.date_number = s.date_number
    {%- for name, alias in [('days_enrolled', 'n'), ('days_absent', 'b'), ('actions', 'a'), ('referrals', 'r'), ('grades', 'g')] %}
    left join {{ name }} as {{ alias }} on e.date_number = {{ alias }}.date_number and e.student_key = {{ alias }}.student_key
    {%- endfor %}
),

met as (
    select n.row_key, t.flag, t.threshold_id, {{ meets_threshold('n', 't') }} as is_met
    from numbers as n
    inner join dates as d on n.date_number = d.date_number
    inner join {{ ref('early_warning_thresholds') }} as t on t.is_used and {{ holds_on('t', 'd.as_of_date') }}
),

-- A flag is up if any threshold is met, down if none of those that can be told is, and null if none can be told.
flags as (
    select
        row_key
        {%- for flag in ['A', 'B', 'C'] %},
        bool_or(is_met) filter (where flag = '{{ flag }}') as is_flag_{{ flag | lower }}
        {%- endfor %}
    from met
    where is_met is not null
    group by row_key
),

reasons as (
    select row_key, {{ ordered_list('threshold_id') }} as thresholds_met
    from met
    where is_met
    group by row_key
)

select
    d.lea_id, n.school_id, d.school_year, n.student_key, d.as_of_date, d.week, d.checkpoint, n.grade_level_code,
    n.days_enrolled, n.days_absent, n.days_enrolled_last_20, n.days_absent_last_20, n.suspension_count_term,
    n.suspension_count_year, n.referral_count_term, n.graded_core_count, n.failed_core_count,
    n.failed_english_mathematics_count, f.is_flag_a, f.is_flag_b, f.is_flag_c, r.thresholds_met,
    case when f.is_flag_a then 1 else 0 end + case when f.is_flag_b then 1 else 0 end
        + case when f.is_flag_c then 1 else 0 end as level,
    case when f.is_flag_a is null then 0 else 1 end + case when f.is_flag_b is null then 0 else 1 end
        + case when f.is_flag_c is null then 0 else 1 end as known_flag_count, d.delivery_key
from numbers as n
inner join dates as d on n.date_number = d.date_number
left join flags as f on n.row_key = f.row_key
left join reasons as r on n.row_key = r.row_key
