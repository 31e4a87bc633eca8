with seniors as (
    select u.student_key, u.school_year, u.lea_id, u.school_id, y.as_of_date
    from {{ ref('dim_student_year') }} as u
    -- Who was enrolled and never came on a day of instruction is in no student year, and no senior.
    inner join {{ ref('fct_student_year') }} as y on u.student_key = y.student_key and u.school_year = y.school_year
    where u.grade_level_code = '12'
),

-- A pathway is the subject area of SCED, the same in every district, and where no SCED code is told the sender's own cluster.
grades as (
    select
        student_key, school_year, lea_id, course_id, grade_level_code, coalesce(is_passing, false) as is_passing,
        coalesce(
            course_level_code in ('Vocational', 'TechnicalPreparatory') or career_cluster_source is not null
            or subject_code = '73065', false
        ) as is_cte,
        coalesce(left(sced, 2), career_cluster_source, 'NotTold') as pathway
    from {{ ref('fct_course_grade') }}
),

high_school_grades as (
    select g.*, coalesce(g.grade_level_code, u.grade_level_code) as grade_taken
    from grades as g
    left join {{ ref('dim_student_year') }} as u on g.student_key = u.student_key and g.school_year = u.school_year
    where coalesce(g.grade_level_code, u.grade_level_code) in ('09', '10', '11', '12', '13')
),

taken as (
    select
        s.student_key, s.school_year, min(g.grade_taken) as first_grade_told, bool_or(g.is_cte) as has_taken_cte
    from seniors as s
    inner join high_school_grades as g on s.student_key = g.student_key and g.school_year <= s.school_year
    group by s.student_key, s.school_year
),

pathways as (
    -- A course of two semesters is one course.
    select
        s.student_key, s.school_year, g.pathway, count(distinct g.lea_id || '|' || g.course_id) as course_count
    from seniors as s
    inner join high_school_grades as g on s.student_key = g.student_key and g.school_year <= s.school_year
    where g.is_cte and g.is_passing
    group by s.student_key, s.school_year, g.pathway
),

longest as (
    select student_key, school_year, pathway, course_count,
        row_number() over (partition by student_key, school_year order by course_count desc, pathway) as place
    from pathways
),

programs as (
    select distinct s.student_key, s.school_year
    from seniors as s
    inner join {{ ref('fct_program_spell') }} as p
        on s.student_key = p.student_key and p.program_code = 'CareerAndTechnicalEducation'
        and p.begin_date <= make_date(s.school_year, 6, 30)
        and coalesce(p.end_date, date '9999-12-31') >= make_date(s.school_year - 1, 7, 1)
),

credentials as (
    select s.student_key, s.school_year, count(*) as credential_count
    from seniors as s
    inner join {{ ref('fct_industry_credential') }} as c
        on s.student_key = c.student_key and c.award_date <= make_date(s.school_year, 6, 30)
    group by s.student_key, s.school_year
),

activities as (
    select s.student_key, s.school_year, count(*) as activity_count
    from seniors as s
    inner join {{ ref('fct_work_based_learning') }} as w
        on s.student_key = w.student_key and w.begin_date <= make_date(s.school_year, 6, 30)
    group by s.student_key, s.school_year
),

-- A district that sends no record of the kind has not said that nobody earned one; the state may send them for all. Who has
-- one from another district is missing there, too: else only those who have one would be known.
senders as (
    select 'credentials' as kind, lea_id from {{ ref('fct_industry_credential') }} group by lea_id
    union all
    select 'activities', lea_id from {{ ref('fct_work_based_learning') }} group by lea_id
),

told as (
    select
        s.lea_id,
        bool_or(coalesce(k.kind = 'credentials', false)) as has_credentials,
        bool_or(coalesce(k.kind = 'activities', false)) as has_activities
    from (select distinct lea_id from seniors) as s
    left join senders as k on s.lea_id = k.lea_id or k.lea_id is null
    group by s.lea_id
)

select
    s.student_key, s.school_year, s.lea_id, s.school_id, s.as_of_date, t.first_grade_told,
    coalesce(t.has_taken_cte, false) or p.student_key is not null as is_cte_student,
    l.pathway, coalesce(l.course_count, 0) as pathway_course_count,
    case when k.has_credentials then coalesce(c.credential_count, 0) end
        as credential_count,
    case when k.has_activities then coalesce(a.activity_count, 0) end
        as activity_count
from seniors as s
left join taken as t on s.student_key = t.student_key and s.school_year = t.school_year
left join longest as l on s.student_key = l.student_key and s.school_year = l.school_year and l.place = 1
left join programs as p on s.student_key = p.student_key and s.school_year = p.school_year
left join credentials as c on s.student_key = c.student_key and s.school_year = c.school_year
left join activities as a on s.student_key = a.student_key and s.school_year = a.school_year
left join told as k on s.lea_id = k.lea_id
