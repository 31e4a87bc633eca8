with excluded as (
    select distinct student_key, school_year
    from {{ ref('fct_discipline_action') }}
    where is_exclusionary
),

sending as (
    -- A district that sent no discipline record at all is not a district without discipline.
    select distinct lea_id, school_year from {{ ref('fct_discipline_action') }}
),

students_of_senders as (
    select distinct y.student_key, y.school_year
    from {{ ref('fct_student_lea_year') }} as y
    inner join sending as s on y.lea_id = s.lea_id and y.school_year = s.school_year
)

select
    cast(s.student_key as varchar) as student_key,
    cast(s.school_year as integer) as school_year,
    cast(s.grade_level_code as varchar) as grade_level_code,
    cast(s.race_ethnicity as varchar) as race_ethnicity,
    cast(s.sex as varchar) as sex,
    cast(s.economic_disadvantage as varchar) as economic_disadvantage,
    cast(s.english_learner as varchar) as english_learner,
    cast(s.idea as varchar) as idea,
    cast(y.school_count as bigint) as school_count,
    cast(y.days_enrolled as bigint) as days_enrolled,
    cast(y.days_absent as bigint) as days_absent,
    case when x.student_key is not null then true when t.student_key is not null then false end
        as has_exclusionary_discipline
from {{ ref('dim_student_year') }} as s
inner join {{ ref('fct_student_year') }} as y on s.student_key = y.student_key and s.school_year = y.school_year
left join excluded as x on s.student_key = x.student_key and s.school_year = x.school_year
left join students_of_senders as t on s.student_key = t.student_key and s.school_year = t.school_year
