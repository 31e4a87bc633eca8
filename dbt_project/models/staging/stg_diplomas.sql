select
    source_id, lea_id, school_year, batch_id,
    student_key, school_id, diploma_date, diploma_type_code
from {{ source('records', 'diplomas') }}
