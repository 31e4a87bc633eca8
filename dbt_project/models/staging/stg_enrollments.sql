select
    source_id, lea_id, school_year, batch_id,
    student_key, school_id, entry_date, exit_date,
    grade_level_code, entry_type_code, exit_type_code
from {{ source('records', 'enrollments') }}
