select
    source_id, lea_id, school_year, batch_id,
    student_key, section_id, school_id, session_name, course_id, begin_date, end_date
from {{ source('records', 'student_sections') }}
