select
    source_id, lea_id, school_year, batch_id,
    student_key, activity_id, activity_type_code, begin_date, end_date, hours
from {{ source('records', 'work_based_learning') }}
