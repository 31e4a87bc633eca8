with parameters as (
    {{ parameters_of('I04', ['window_month', 'window_day', 'allowed_gap_days', 'minimum_consecutive_days']) }}
),

-- Enrolments of grades KG to 12 within the window of each authority, cut to it.
enrollments as (
    select
        p.authority, p.allowed_gap_days, p.minimum_consecutive_days, e.delivery_key, e.school_year, e.student_key,
        e.school_id, coalesce(o.lea_id, e.lea_id) as lea_id, s.org_id as state_id, e.exit_kind, e.has_left,
        e.first_day_ordinal is null as lacks_calendar, d.as_of_date,
        make_date(e.school_year - case when p.window_month >= 7 then 1 else 0 end, p.window_month, p.window_day)
            as window_start,
        make_date(e.school_year, 6, 30) as window_end,
        e.entry_date, e.end_date
    from {{ ref('fct_student_enrollment') }} as e
    inner join parameters as p on {{ holds_in('p', 'e.school_year') }}
    inner join {{ ref('dim_delivery') }} as d on e.delivery_key = d.delivery_key
    left join {{ ref('dim_organization') }} as o on o.org_level = 'school' and e.school_id = o.org_id
    cross join {{ ref('dim_organization') }} as s
    where s.org_level = 'state'
        and e.grade_level_code in ('KG', '01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11', '12')
),

spells as (
    {%- for level in ['school', 'lea', 'state'] %}
    {% if not loop.first %}union all{% endif %}
    select
        authority, allowed_gap_days, minimum_consecutive_days, delivery_key, school_year, student_key, school_id,
        '{{ level }}' as org_level, {{ level }}_id as org_id, exit_kind, has_left, lacks_calendar, as_of_date,
        window_start, window_end, greatest(entry_date, window_start) as from_date, least(end_date, window_end) as to_date
    from enrollments
    where end_date >= window_start and entry_date <= window_end
    {%- endfor %}
),

ordered as (
    select
        *,
        coalesce(max(to_date) over (
            partition by authority, school_year, org_level, org_id, student_key
            order by from_date, to_date, school_id, delivery_key rows between unbounded preceding and 1 preceding
        ), window_start - 1) as covered_through,
        row_number() over (
            partition by authority, school_year, org_level, org_id, student_key
            order by from_date, to_date, school_id, delivery_key
        ) as place,
        row_number() over (
            partition by authority, school_year, org_level, org_id, student_key
            order by to_date desc, case when has_left then 1 else 0 end, from_date desc, school_id, delivery_key
        ) as place_from_end
    from spells
),

-- Times without membership: before a spell, and after the last one. Those who finished or died did not move away.
gaps as (
    select authority, school_year, org_level, org_id, student_key, allowed_gap_days, delivery_key, school_id,
        covered_through as after_date, from_date as before_date,
        -- Back after a gap: once out and once in.
        case when place = 1 then 1 else 2 end as move_count
    from ordered
    where {{ days_between('covered_through', 'from_date') }} > 1
    union all
    select authority, school_year, org_level, org_id, student_key, allowed_gap_days, delivery_key, school_id,
        to_date, window_end + 1, 1
    from ordered
    where place_from_end = 1 and has_left and to_date < window_end
        and exit_kind not in ('graduated', 'completed', 'early_college', 'died')
),

-- A gap is as long as the days of instruction missed, by the calendar of the school entered or left.
measured as (
    select
        g.authority, g.school_year, g.org_level, g.org_id, g.student_key, g.after_date, g.allowed_gap_days,
        g.move_count, count(c.calendar_date) as gap_days
    from gaps as g
    left join {{ ref('dim_calendar') }} as c
        on g.delivery_key = c.delivery_key and g.school_id = c.school_id
        and c.calendar_date > g.after_date and c.calendar_date < g.before_date
    group by g.authority, g.school_year, g.org_level, g.org_id, g.student_key, g.after_date, g.allowed_gap_days,
        g.move_count
),

interrupted as (
    select
        authority, school_year, org_level, org_id, student_key,
        sum(case when gap_days > allowed_gap_days then move_count else 0 end) as move_count,
        max(gap_days) as longest_gap_days
    from measured
    group by authority, school_year, org_level, org_id, student_key
),

students as (
    select
        authority, school_year, org_level, org_id, student_key, minimum_consecutive_days,
        max(case when lacks_calendar then 1 else 0 end) as lacks_calendar,
        max(case when has_left and exit_kind = 'died' then 1 else 0 end) as has_died,
        max(case
            when has_left and exit_kind in ('discontinued', 'unknown', 'not_stated') then 0
            else {{ days_between('from_date', 'to_date') }} + 1
        end) as longest_stay_days,
        min(as_of_date) as as_of_date, min(window_start) as period_start, max(window_end) as period_end
    from spells
    group by authority, school_year, org_level, org_id, student_key, minimum_consecutive_days
)

select
    s.authority, s.school_year, s.org_level, s.org_id, s.student_key,
    case when s.lacks_calendar = 1 and s.minimum_consecutive_days = 0 then 1 else 0 end as n_missing,
    coalesce(i.move_count, 0) as move_count,
    coalesce(i.longest_gap_days, 0) as longest_gap_days,
    s.longest_stay_days,
    case
        when s.minimum_consecutive_days > 0
            then case when s.longest_stay_days >= s.minimum_consecutive_days then 1 else 0 end
        -- A gap too short to be a move is an interruption all the same: mobility is not one less stability.
        when coalesce(i.longest_gap_days, 0) = 0 and s.has_died = 0 then 1
        else 0
    end as is_stable,
    s.period_start, s.period_end, s.as_of_date
from students as s
left join interrupted as i
    on s.authority = i.authority and s.school_year = i.school_year and s.org_level = i.org_level
    and s.org_id = i.org_id and s.student_key = i.student_key
