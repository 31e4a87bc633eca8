with parameters as (
    {{ parameters_of('I20', ['minimum_credit_tenths']) }}
),

ninth_graders as (
    select p.authority, g.school_year, g.student_key, g.lea_id, g.school_id, g.as_of_date, p.minimum_credit_tenths
    from {{ ref('fct_grade_9_on_track') }} as g
    inner join parameters as p on {{ holds_in('p', 'g.school_year') }}
    where g.checkpoint = 'year_end' and g.authority = 'chicago_consortium' and g.exclusion_reason is null
),

mathematics as (
    select
        g.student_key, g.school_year, g.is_passing, {{ credits_of_grade() }} as credits,
        s.code is not null or t.code is not null as is_algebra
    from {{ ref('fct_course_grade') }} as g
    left join {{ ref('algebra_courses') }} as s on s.kind = 'sced' and g.sced = s.code
    left join {{ ref('algebra_courses') }} as t
        on t.kind = 'title' and g.sced is null and lower(trim(g.course_title)) = t.code
    where g.exclusion_reason is null
        and (s.code is not null or t.code is not null or {{ is_mathematics('g.subject_code') }})
),

-- Up to grade 9, in whichever years and schools of the state.
taken as (
    select
        n.authority, n.student_key, m.school_year,
        sum(case when m.is_algebra and m.is_passing then m.credits end) as credits,
        bool_and(m.is_passing) filter (where m.is_algebra and m.credits is null) as is_passed_without_credits
    from ninth_graders as n
    inner join mathematics as m on n.student_key = m.student_key and m.school_year <= n.school_year
    group by n.authority, n.student_key, m.school_year
),

completed as (
    select
        authority, student_key, coalesce(sum(credits), 0) as credits,
        coalesce(bool_or(is_passed_without_credits), false) as is_passed_without_credits,
        max(school_year) as last_mathematics_year
    from taken
    group by authority, student_key
),

judged as (
    select
        n.*,
        case when coalesce(10 * c.credits >= n.minimum_credit_tenths or c.is_passed_without_credits, false)
            then 1 else 0 end as is_completed,
        -- Without a grade in mathematics in the year nothing tells what the student took.
        case when coalesce(c.last_mathematics_year = n.school_year, false) then 1 else 0 end as has_mathematics
    from ninth_graders as n
    left join completed as c on n.authority = c.authority and n.student_key = c.student_key
),

known as (
    select
        authority, school_year, lea_id, school_id, student_key, as_of_date, is_completed as numerator,
        greatest(is_completed, has_mathematics) as denominator, greatest(is_completed, has_mathematics) as student_count,
        1 - greatest(is_completed, has_mathematics) as n_missing
    from judged
),

student_rows as (
    {{- at_every_level('known', ['authority', 'school_year', 'student_key', 'as_of_date', 'n_missing', 'student_count',
        'denominator', 'numerator']) }}
),

{{ disaggregate('student_rows', 'I20', 1, 'rate', 'course_grades') }}
