select
    source_id, lea_id, school_year, batch_id,
    org_id, course_id, course_title, subject_code, sced, course_level_code, credits, career_cluster_source
from {{ source('records', 'courses') }}
