select
    source_id, lea_id, school_year, batch_id,
    section_id, school_id, session_name, course_id, course_title, subject_code
from {{ source('records', 'sections') }}
