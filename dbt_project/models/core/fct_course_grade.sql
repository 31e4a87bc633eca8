{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ delete_stale_deliveries() }}") }}

with deliveries as (
    {{ new_deliveries() }}
),

grades as (
    select
        d.delivery_key, d.delivery_version, g.source_id, g.lea_id, g.school_year, g.student_key, g.school_id, g.course_id, g.session_name,
        g.grade_level_code, g.letter_grade_code, cast(g.numeric_grade as decimal(9, 3)) as numeric_grade,
        cast(g.credits_attempted as decimal(9, 3)) as credits_attempted,
        cast(g.credits_earned as decimal(9, 3)) as credits_earned, g.posted_date
    from {{ ref('stg_course_grades') }} as g
    inner join deliveries as d
        on g.batch_id = d.batch_id and g.source_id = d.source_id and g.school_year = d.school_year
),

described as (
    select
        g.*,
        coalesce(s.course_title, l.course_title) as course_title,
        coalesce(s.subject_code, l.subject_code) as subject_code,
        coalesce(s.is_core, l.is_core) as is_core,
        coalesce(s.sced, l.sced) as sced,
        coalesce(s.course_level_code, l.course_level_code) as course_level_code,
        coalesce(s.career_cluster_source, l.career_cluster_source) as career_cluster_source,
        p.points as grade_points,
        -- A letter is the school's own word, also that there is no grade (yet): an incomplete attempts credits and has earned
        -- none, and is no failure for it. A number is read by the mark set for the state; credits tell the rest.
        case
            when g.letter_grade_code is not null then p.is_passing
            when g.numeric_grade is not null then g.numeric_grade >= {{ var('lowest_passing_numeric_grade') }}
            when g.credits_attempted > 0 then g.credits_earned > 0
        end as is_passing
    from grades as g
    left join {{ ref('dim_course') }} as s
        on g.source_id = s.source_id and g.school_year = s.school_year and g.school_id = s.org_id
        and g.course_id = s.course_id
    left join {{ ref('dim_course') }} as l
        on g.source_id = l.source_id and g.school_year = l.school_year and g.lea_id = l.org_id
        and g.course_id = l.course_id
    left join {{ ref('grade_points') }} as p on g.letter_grade_code = p.letter
)

select
    delivery_key, delivery_version, source_id, lea_id, school_year, student_key, school_id, course_id, session_name,
    grade_level_code,
    course_title, subject_code, is_core, sced, course_level_code, career_cluster_source, letter_grade_code,
    numeric_grade, grade_points, is_passing, credits_attempted, credits_earned, posted_date,
    case when is_passing is null then 'no_final_grade' end as exclusion_reason
from described
