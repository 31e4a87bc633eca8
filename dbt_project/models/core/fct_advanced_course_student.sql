{%- set levels = "('AdvancedPlacement', 'InternationalBaccalaureate', 'Dual')" -%}
with scores as (
    {{ parameters_of('I19d', ['minimum_ap_score', 'minimum_ib_score']) }}
),

students as (
    select u.student_key, u.school_year, u.lea_id, u.school_id, y.as_of_date
    from {{ ref('dim_student_year') }} as u
    inner join {{ ref('fct_student_year') }} as y on u.student_key = y.student_key and u.school_year = y.school_year
    where u.grade_level_code in ('09', '10', '11', '12')
),

-- A district that gives no course a level has not said that it teaches none of these.
describers as (
    select distinct lea_id, school_year from {{ ref('dim_course') }} where course_level_code is not null
),

-- Who sat in such a course, whether or not it has ended in a grade; a course told of twice is one.
rosters as (
    select
        r.student_key, r.school_year, r.lea_id, r.course_id, coalesce(s.course_level_code, l.course_level_code) as level,
        cast(null as boolean) as is_passing, cast(null as boolean) as has_credit
    from {{ ref('stg_student_sections') }} as r
    left join {{ ref('dim_course') }} as s
        on r.source_id = s.source_id and r.school_year = s.school_year and r.school_id = s.org_id
        and r.course_id = s.course_id
    left join {{ ref('dim_course') }} as l
        on r.source_id = l.source_id and r.school_year = l.school_year and r.lea_id = l.org_id and r.course_id = l.course_id
    where coalesce(s.course_level_code, l.course_level_code) in {{ levels }}
),

taken as (
    select * from rosters
    union all
    select
        student_key, school_year, lea_id, course_id, course_level_code, is_passing,
        -- No credit for a course that is incomplete is no answer yet.
        case when letter_grade_code is null or is_passing is not null then coalesce(credits_earned > 0, is_passing) end
    from {{ ref('fct_course_grade') }}
    where course_level_code in {{ levels }}
),

courses as (
    select
        student_key, school_year, count(distinct lea_id || '|' || course_id) as course_count,
        bool_or(level <> 'Dual') as has_examined_course, bool_or(level = 'Dual') as has_dual_course,
        bool_or(coalesce(is_passing, false)) as has_passed, count(is_passing) as grade_count,
        bool_or(level = 'Dual' and coalesce(has_credit, false)) as has_dual_credit,
        count(has_credit) filter (where level = 'Dual') as dual_grade_count
    from taken
    group by student_key, school_year
),

exams as (
    select
        student_key, lea_id, {{ school_year_of('administration_date') }} as school_year, score,
        assessment_type_code
    from {{ ref('fct_assessment_result') }}
    where assessment_type_code in ('AdvancedPlacementTest', 'InternationalBaccalaureate') and score is not null
),

examined as (
    select
        e.student_key, e.school_year,
        bool_or(e.score >= case e.assessment_type_code
            when 'AdvancedPlacementTest' then p.minimum_ap_score else p.minimum_ib_score end) as has_credit_score
    from exams as e
    inner join scores as p on {{ holds_in('p', 'e.school_year') }}
    group by e.student_key, e.school_year
),

told as (
    select distinct s.lea_id, e.school_year
    from (select distinct lea_id, school_year from exams) as e
    inner join (select distinct lea_id, school_year from students) as s
        on e.school_year = s.school_year and (e.lea_id = s.lea_id or e.lea_id is null)
)

select
    s.student_key, s.school_year, s.lea_id, s.school_id, s.as_of_date,
    d.lea_id is not null or c.student_key is not null as is_told,
    coalesce(c.course_count, 0) as course_count,
    case
        when coalesce(c.has_passed, false) then 'passed'
        when c.student_key is null then 'not_taken'
        when c.grade_count > 0 then 'not_passed'
        else 'no_grade'
    end as course_outcome,
    -- Credit that a college counts: a score, or a course that is one of college already.
    case
        when c.student_key is null then null
        -- Whether anything is known must not hang on what it is, or only those with credit would be counted.
        when c.has_examined_course and t.lea_id is null then 'scores_not_sent'
        when c.has_dual_course and c.dual_grade_count = 0 then 'no_grade'
        when coalesce(x.has_credit_score, false) or c.has_dual_credit then 'credit'
        else 'no_credit'
    end as credit_outcome
from students as s
left join describers as d on s.lea_id = d.lea_id and s.school_year = d.school_year
left join courses as c on s.student_key = c.student_key and s.school_year = c.school_year
left join examined as x on s.student_key = x.student_key and s.school_year = x.school_year
left join told as t on s.lea_id = t.lea_id and s.school_year = t.school_year
