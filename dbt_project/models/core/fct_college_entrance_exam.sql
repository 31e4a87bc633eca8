-- Every result of a section of an exam; who sat it again is judged by the best of all sittings.
with results as (
    select
        r.student_key, {{ school_year_of('r.administration_date') }} as school_year,
        coalesce(r.assessment_title, r.assessment_id) as exam, coalesce(r.subject_code, r.assessment_id) as section,
        r.is_proficient
    from {{ ref('fct_assessment_result') }} as r
    where r.assessment_type_code = 'CollegeEntrance' and r.participation = 'Participated'
),

years_told as (
    select distinct school_year from results
),

students as (
    select u.student_key, u.school_year, u.lea_id, u.school_id, u.grade_level_code, y.as_of_date
    from {{ ref('dim_student_year') }} as u
    inner join {{ ref('fct_student_year') }} as y on u.student_key = y.student_key and u.school_year = y.school_year
    inner join years_told as t on u.school_year = t.school_year
    where u.grade_level_code in ('11', '12')
),

-- Taken by the end of the year: the spring of grade 11 counts for a student of grade 12.
taken as (
    select
        s.student_key, s.school_year, r.exam, r.section, bool_or(coalesce(r.is_proficient, false)) as is_ready,
        count(r.is_proficient) as level_count
    from students as s
    inner join results as r on s.student_key = r.student_key and r.school_year <= s.school_year
    group by s.student_key, s.school_year, r.exam, r.section
),

-- The sections that have a benchmark at all: an essay without one makes nobody unready.
sections as (
    select exam, count(distinct section) as section_count from results where is_proficient is not null group by exam
),

exams as (
    select
        t.student_key, t.school_year, t.exam,
        coalesce(count(*) filter (where t.is_ready) = max(c.section_count), false) as is_ready,
        sum(t.level_count) = 0 as lacks_level
    from taken as t
    left join sections as c on t.exam = c.exam
    group by t.student_key, t.school_year, t.exam
),

outcomes as (
    select student_key, school_year, bool_or(is_ready) as is_ready, bool_and(lacks_level) as lacks_levels
    from exams
    group by student_key, school_year
)

select
    s.student_key, s.school_year, s.lea_id, s.school_id, s.grade_level_code, s.as_of_date,
    case
        when o.student_key is null then 'not_taken'
        when o.is_ready then 'ready'
        when o.lacks_levels then 'taken_without_level'
        else 'not_ready'
    end as exam_outcome
from students as s
left join outcomes as o on s.student_key = o.student_key and s.school_year = o.school_year
