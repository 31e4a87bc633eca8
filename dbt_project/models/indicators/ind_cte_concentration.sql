with parameters as (
    {{ parameters_of('I21a', ['minimum_courses', 'history_from_grade']) }}
),

-- Whose grades do not reach far enough back is missing with or without the courses: to count those who have them nonetheless
-- would leave only them.
judged as (
    select
        p.authority, s.*, s.pathway_course_count >= p.minimum_courses as is_concentrator,
        coalesce(cast(s.first_grade_told as integer) <= p.history_from_grade, false) as is_known
    from {{ ref('fct_senior_career_preparation') }} as s
    inner join parameters as p on {{ holds_in('p', 's.school_year') }}
),

-- Of a senior without any grade it is not even known whether they took career and technical education.
members as (
    select
        authority, school_year, student_key, school_id, lea_id, as_of_date,
        case when is_known then 1 else 0 end as student_count,
        case when is_known and is_concentrator then 1 else 0 end as numerator,
        case when is_known then 1 else 0 end as denominator,
        case when is_known then 0 else 1 end as n_missing
    from judged
    where (is_cte_student or first_grade_told is null)
        and school_year in (select school_year from {{ ref('fct_course_grade') }})
),

{{ figures_of_students('members', 'I21a', 'rate', 'careers') }}
