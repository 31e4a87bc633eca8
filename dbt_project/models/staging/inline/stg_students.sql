select
    source_id, lea_id, school_year, batch_id,
    student_key, worker_key, age_on_october_1
from {{ source('records', 'students') }}
