with described as (
    select
        source_id, lea_id, school_year, org_id, course_id, course_title, subject_code, sced, course_level_code, credits,
        career_cluster_source, 1 as preference
    from {{ ref('stg_courses') }}
    union all
    -- A sender without a course file still tells title and subject with the sections.
    select
        source_id, lea_id, school_year, school_id, course_id, min(course_title), min(subject_code), null, null, null,
        null, 2
    from {{ ref('stg_sections') }}
    where course_id is not null
    group by source_id, lea_id, school_year, school_id, course_id
),

ranked as (
    select
        *,
        row_number() over (partition by source_id, school_year, org_id, course_id order by preference) as rank_of_course,
        max(case when preference = 2 then 1 else 0 end) over (
            partition by source_id, school_year, org_id, course_id
        ) = 1 as is_taught
    from described
)

select
    source_id, lea_id, school_year, org_id, course_id, course_title, subject_code, sced, course_level_code, credits,
    career_cluster_source, is_taught,
    -- English, mathematics, science, social science. Source: UChicago Consortium, the freshman on-track indicator.
    subject_code in (
        '00554', '00560', '00562', '01166', '01287', '13372', '13373', '13374', '73086', '73087', '73088', '73089'
    ) as is_core
from ranked
where rank_of_course = 1
