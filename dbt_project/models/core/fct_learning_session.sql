with sessions as (
    select
        -- By its date: a session is sent again with the files of later years.
        coalesce(
            cast(extract(year from session_date) as integer)
                + case when extract(month from session_date) >= 7 then 1 else 0 end, school_year) as school_year,
        lea_id, staff_key, session_id, activity_id, session_date, content_focus_code,
        cast(hours as decimal(9, 2)) as hours
    from {{ ref('fct_professional_learning') }}
),

activities as (
    select
        school_year, lea_id, activity_id, count(distinct session_id) as session_count,
        {{ days_between('min(session_date)', 'max(session_date)') }} as day_count
    from sessions
    where activity_id is not null
    group by school_year, lea_id, activity_id
),

teachers as (
    {{ teachers_of_october_1() }}
)

select
    s.school_year, s.lea_id, s.staff_key, s.session_id, s.activity_id, s.session_date, s.content_focus_code, s.hours,
    -- A session of no activity stands alone.
    coalesce(a.session_count, 1) as activity_session_count, coalesce(a.day_count, 0) as activity_day_count,
    t.org_level as teacher_org_level, t.org_id as teacher_org_id, t.lea_id as teacher_lea_id,
    case when t.staff_key is null then 'not_a_teacher_on_october_1' end as exclusion_reason
from sessions as s
left join activities as a
    on s.school_year = a.school_year and s.activity_id = a.activity_id and coalesce(s.lea_id, '') = coalesce(a.lea_id, '')
left join teachers as t on s.school_year = t.school_year and s.staff_key = t.staff_key
