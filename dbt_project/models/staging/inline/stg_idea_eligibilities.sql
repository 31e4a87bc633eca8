select
    source_id, lea_id, school_year, batch_id,
    student_key, begin_date, end_date, primary_disability_code, educational_environment_code
from {{ source('records', 'idea_eligibilities') }}
