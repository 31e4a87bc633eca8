with semester_one as (
    select
        first_school_year, last_school_year, max(value) filter (where parameter = 'semester_one_month') as month,
        max(value) filter (where parameter = 'semester_one_day') as day
    from {{ ref('indicator_parameters') }}
    where indicator_id = 'I10' and authority = 'chicago_consortium'
    group by first_school_year, last_school_year
),

-- Where each student is at the end: of several schools the one still attended, of those the one entered last.
places as (
    select
        y.student_key, y.school_year, coalesce(o.lea_id, y.lea_id) as lea_id, y.school_id, y.grade_level_code,
        d.as_of_date,
        case
            when not y.is_enrolled_at_as_of then 'left_before_the_end'
            when d.as_of_date < d.last_instructional_date then 'year_under_way'
        end as exclusion_reason,
        row_number() over (
            partition by y.student_key, y.school_year
            order by case when y.is_enrolled_at_as_of then 0 else 1 end, y.first_entry_date desc nulls last,
                y.lea_id, y.school_id, y.source_id
        ) as preference
    from {{ ref('fct_student_school_year') }} as y
    inner join {{ ref('dim_delivery') }} as d on y.delivery_key = d.delivery_key
    left join {{ ref('dim_organization') }} as o on o.org_level = 'school' and y.school_id = o.org_id
),

grades as (
    select
        g.student_key, g.school_year, g.is_passing, g.subject_code, coalesce(g.is_core, false) as is_core,
        g.grade_points, g.letter_grade_code, {{ credits_of_grade() }} as credits,
        {{ semesters_of('g.credits_attempted') }} as semesters,
        coalesce(g.credits_attempted, 0) as weight,
        {{ is_english('g.subject_code') }} as is_english, {{ is_mathematics('g.subject_code') }} as is_mathematics,
        coalesce(g.session_name ilike '%summer%', false) as is_summer,
        coalesce(g.posted_date <= make_date(g.school_year, s.month, s.day), false) as is_semester_one
    from {{ ref('fct_course_grade') }} as g
    left join semester_one as s on {{ holds_in('s', 'g.school_year') }}
    where g.exclusion_reason is null
),

graded as (
    select
        student_key, school_year,
        count(*) filter (where not is_summer) as grade_count,
        count(subject_code) filter (where not is_summer) as described_count,
        sum(credits) filter (where not is_summer) as credits_earned,
        sum(credits) filter (where is_summer) as summer_credits_earned,
        coalesce(sum(semesters) filter (where is_core and not is_passing and not is_summer), 0) as core_f_count,
        count(subject_code) filter (where is_semester_one and not is_summer) as semester_one_described_count,
        sum(credits) filter (where is_semester_one and not is_summer) as semester_one_credits_earned,
        coalesce(sum(semesters) filter (where is_core and not is_passing and is_semester_one and not is_summer), 0)
            as semester_one_core_f_count,
        -- A mean of points by credit, or of courses alike where some have none.
        case when min(weight) filter (where grade_points is not null) > 0 then sum(grade_points * weight)
            else sum(grade_points) end as gpa_points,
        case when min(weight) filter (where grade_points is not null) > 0
            then sum(weight) filter (where grade_points is not null) else count(grade_points) end as gpa_weight,
        count(*) filter (where is_english) as english_count,
        count(*) filter (where is_mathematics) as mathematics_count,
        count(*) filter (where (is_english or is_mathematics) and not is_passing) as english_mathematics_fail_count,
        count(*) filter (where (is_english or is_mathematics)
            and (not is_passing or coalesce(letter_grade_code, '') in ('D+', 'D', 'D-')))
            as english_mathematics_low_count,
        count(*) filter (where (is_english or is_mathematics) and is_passing and grade_points is null
            and coalesce(letter_grade_code, '') <> 'P') as english_mathematics_unscaled_count
    from grades
    group by student_key, school_year
),

exclusions as (
    select student_key, school_year, count(*) as exclusion_count
    from {{ ref('fct_discipline_action') }}
    where is_exclusionary
    group by student_key, school_year
),

senders_of_discipline as (
    select distinct lea_id, school_year from {{ ref('fct_discipline_action') }}
),

senders_of_grades as (
    select distinct lea_id, school_year from {{ ref('fct_course_grade') }} where exclusion_reason is null
)

select
    p.student_key, p.school_year, p.lea_id, p.school_id, p.grade_level_code, p.as_of_date,
    t.lea_id is not null as is_lea_sending_grades,
    coalesce(g.grade_count, 0) as grade_count, coalesce(g.described_count, 0) as described_count,
    g.credits_earned, g.summer_credits_earned, coalesce(g.core_f_count, 0) as core_f_count,
    coalesce(g.semester_one_described_count, 0) as semester_one_described_count,
    g.semester_one_credits_earned, coalesce(g.semester_one_core_f_count, 0) as semester_one_core_f_count,
    coalesce(g.gpa_points, 0) as gpa_points, coalesce(g.gpa_weight, 0) as gpa_weight,
    coalesce(g.english_count, 0) as english_count, coalesce(g.mathematics_count, 0) as mathematics_count,
    coalesce(g.english_mathematics_fail_count, 0) as english_mathematics_fail_count,
    coalesce(g.english_mathematics_low_count, 0) as english_mathematics_low_count,
    coalesce(g.english_mathematics_unscaled_count, 0) as english_mathematics_unscaled_count,
    u.days_enrolled, u.days_absent, u.days_present,
    -- A district that sends no discipline record at all is not a district without discipline.
    case when x.student_key is not null then x.exclusion_count when s.lea_id is not null then 0 end as exclusion_count,
    p.exclusion_reason
from places as p
left join graded as g on p.student_key = g.student_key and p.school_year = g.school_year
left join {{ ref('fct_student_year') }} as u on p.student_key = u.student_key and p.school_year = u.school_year
left join exclusions as x on p.student_key = x.student_key and p.school_year = x.school_year
left join senders_of_discipline as s on p.lea_id = s.lea_id and p.school_year = s.school_year
left join senders_of_grades as t on p.lea_id = t.lea_id and p.school_year = t.school_year
where p.preference = 1
