{{ config(materialized='view', access='protected') }}

with students as (
    select
        s.student_key, s.school_year, s.grade_level_code, s.race_ethnicity, s.sex, s.economic_disadvantage,
        s.english_learner, s.idea, y.school_count, y.days_enrolled, y.days_absent,
        exists (
            select 1 from {{ ref('fct_discipline_action') }} as a
            where a.is_exclusionary and a.student_key = s.student_key and a.school_year = s.school_year
        ) as has_exclusionary_discipline,
        count(*) over (
            partition by s.school_year, s.grade_level_code, s.race_ethnicity, s.sex, s.economic_disadvantage,
                s.english_learner, s.idea
        ) as alike_count
    from {{ ref('dim_student_year') }} as s
    inner join {{ ref('fct_student_year') }} as y on s.student_key = y.student_key and s.school_year = y.school_year
)

-- A description shared by fewer than ten students of the state points at persons: it is withheld whole.
select
    {{ one_way_key("concat_ws(':', '" ~ var('research_release_id') ~ "', student_key)") }} as research_key,
    school_year, grade_level_code,
    case when alike_count >= 10 then race_ethnicity end as race_ethnicity,
    case when alike_count >= 10 then sex end as sex,
    case when alike_count >= 10 then economic_disadvantage end as economic_disadvantage,
    case when alike_count >= 10 then english_learner end as english_learner,
    case when alike_count >= 10 then idea end as idea,
    alike_count < 10 as is_description_withheld,
    school_count, days_enrolled, days_absent, has_exclusionary_discipline
from students
