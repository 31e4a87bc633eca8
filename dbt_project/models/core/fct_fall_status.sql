with parameters as (
    {{ parameters_of('I14', ['census_month', 'census_day', 'discontinued_only']) }}
),

-- A year's leavers can be told once the next year has been sent past the day on which they should be back.
followed_years as (
    select p.authority, d.school_year - 1 as school_year, p.discontinued_only, max(d.as_of_date) as as_of_date,
        make_date(d.school_year - 2, p.census_month, p.census_day) as period_start,
        make_date(d.school_year - 1, p.census_month, p.census_day) as return_date
    from {{ ref('dim_delivery') }} as d
    inner join parameters as p on {{ holds_in('p', 'd.school_year - 1') }}
    where d.lea_id is not null
        and (d.as_of_date is null or d.as_of_date >= make_date(d.school_year - 1, p.census_month, p.census_day))
    group by p.authority, d.school_year, p.discontinued_only, p.census_month, p.census_day
),

-- The year runs from one census day to the day before the next: who leaves over the summer leaves this year.
enrollments as (
    select
        y.authority, y.school_year, y.discontinued_only, y.period_start, y.return_date, y.as_of_date, e.student_key,
        e.lea_id, e.school_id, e.grade_level_code, e.exit_kind, e.exit_type_code, e.document_shows, e.document_type_code,
        e.has_left, e.exit_date,
        e.entry_date <= y.period_start and e.end_date >= y.period_start as is_on_census_day,
        row_number() over (
            partition by y.authority, y.school_year, e.student_key order by e.place_in_state desc
        ) as recency,
        row_number() over (
            partition by y.authority, y.school_year, e.student_key
            order by
                case when e.entry_date <= y.period_start and e.end_date >= y.period_start then 0 else 1 end,
                e.entry_date desc, e.lea_id, e.school_id
        ) as census_preference
    from followed_years as y
    inner join {{ ref('fct_student_enrollment') }} as e on y.school_year = e.school_year and e.end_date >= y.period_start
    where e.grade_level_code in ('07', '08', '09', '10', '11', '12')
),

members as (
    select authority, school_year, student_key, school_id as census_school_id
    from enrollments
    where is_on_census_day and census_preference = 1
),

back_in_fall as (
    select distinct y.authority, y.school_year, e.student_key
    from followed_years as y
    inner join {{ ref('fct_student_enrollment') }} as e
        on e.entry_date <= y.return_date and e.end_date >= y.return_date
),

-- A spell left open, or said to go on, that does not go on is a student who did not come back.
credentials as (
    select
        y.authority, y.school_year, d.student_key, max(case r.counts_as when 'other' then 1 else 2 end) as rank_of_best
    from followed_years as y
    inner join {{ ref('stg_diplomas') }} as d on d.diploma_date <= y.return_date
    inner join {{ ref('diploma_rules') }} as r on d.diploma_type_code = r.diploma_type_code
    group by y.authority, y.school_year, d.student_key
)

select
    e.authority, e.school_year, e.student_key, e.lea_id, e.school_id, m.census_school_id, e.grade_level_code,
    case when m.student_key is not null then 1 else 0 end as is_member,
    case
        when b.student_key is not null then 'enrolled_in_fall'
        when c.rank_of_best = 2 or e.exit_kind = 'graduated' then 'graduated_or_equivalent'
        when c.rank_of_best = 1 or e.exit_kind in ('completed', 'early_college') then 'completed'
        when e.document_shows is not null then e.document_shows
        when e.exit_kind = 'ill' then 'ill'
        when e.exit_kind = 'discontinued' then 'discontinued'
        when e.exit_kind = 'moved_in_state' then 'transfer_not_found'
        when not e.has_left then 'did_not_return'
        else 'left_without_document'
    end as fall_status,
    case
        when b.student_key is not null or c.student_key is not null or e.document_shows is not null then 0
        when e.exit_kind in ('graduated', 'completed', 'early_college', 'ill') then 0
        when e.discontinued_only = 1 and coalesce(e.exit_type_code, '') <> '01927' then 0
        else 1
    end as is_dropout,
    e.period_start, e.return_date - 1 as period_end, e.as_of_date
from enrollments as e
left join members as m
    on e.authority = m.authority and e.school_year = m.school_year and e.student_key = m.student_key
left join back_in_fall as b
    on e.authority = b.authority and e.school_year = b.school_year and e.student_key = b.student_key
left join credentials as c
    on e.authority = c.authority and e.school_year = c.school_year and e.student_key = c.student_key
where e.recency = 1
