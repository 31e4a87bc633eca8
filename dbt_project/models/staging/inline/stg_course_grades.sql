select
    source_id, lea_id, school_year, batch_id,
    student_key, school_id, course_id, session_name, grade_level_code, letter_grade_code, numeric_grade,
    credits_attempted, credits_earned, posted_date
from {{ source('records', 'course_grades') }}
