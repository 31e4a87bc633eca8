with deliveries as (
    -- Today is the newest school year each district has sent.
    select d.*, max(d.school_year) over (partition by d.lea_id) as newest_school_year
    from {{ ref('dim_delivery') }} as d
),

rosters as (
    select distinct
        d.delivery_key, t.staff_key, p.student_key, p.section_id, p.school_id, p.session_name, d.as_of_date
    from {{ ref('stg_staff_sections') }} as t
    inner join {{ ref('stg_student_sections') }} as p
        on t.source_id = p.source_id and t.school_year = p.school_year
        and t.section_id = p.section_id and t.school_id = p.school_id and t.session_name = p.session_name
        -- Ed-Fi may use one section identifier for two courses; senders without course ids mean the section.
        and (t.course_id = p.course_id or t.course_id is null or p.course_id is null)
    inner join deliveries as d on t.source_id = d.source_id and t.school_year = d.school_year
    where d.school_year = d.newest_school_year
        and coalesce(t.begin_date, d.as_of_date) <= d.as_of_date and coalesce(t.end_date, d.as_of_date) >= d.as_of_date
        and coalesce(p.begin_date, d.as_of_date) <= d.as_of_date and coalesce(p.end_date, d.as_of_date) >= d.as_of_date
),

sections as (
    select source_id, school_year, section_id, school_id, session_name, max(course_title) as course_title
    from {{ ref('stg_sections') }}
    group by source_id, school_year, section_id, school_id, session_name
)

select
    cast(y.lea_id as varchar) as lea_id,
    cast(r.school_id as varchar) as school_id,
    cast(y.school_year as integer) as school_year,
    cast(r.staff_key as varchar) as staff_key,
    cast(r.section_id as varchar) as section_id,
    cast(r.session_name as varchar) as session_name,
    cast(s.course_title as varchar) as course_title,
    cast(r.student_key as varchar) as student_key,
    cast(y.grade_level_code as varchar) as grade_level_code,
    cast(u.idea as varchar) as idea,
    cast(u.section_504 as varchar) as section_504,
    cast(u.english_learner as varchar) as english_learner,
    cast(y.days_enrolled as bigint) as days_enrolled,
    cast(y.days_absent as bigint) as days_absent,
    cast(y.days_absent_last_20 as bigint) as days_absent_last_20,
    {{ is_at_least_percent('y.days_absent', 'y.days_enrolled', 10) }} as is_on_track_to_chronic,
    cast(r.as_of_date as date) as as_of_date
from rosters as r
inner join {{ ref('fct_student_school_year') }} as y
    on r.delivery_key = y.delivery_key and r.student_key = y.student_key and r.school_id = y.school_id
inner join {{ ref('dim_student_year') }} as u on y.student_key = u.student_key and y.school_year = u.school_year
left join sections as s
    on y.source_id = s.source_id and y.school_year = s.school_year and r.section_id = s.section_id
    and r.school_id = s.school_id and r.session_name = s.session_name
where y.is_enrolled_at_as_of
