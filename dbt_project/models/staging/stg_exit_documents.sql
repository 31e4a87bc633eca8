select
    source_id, lea_id, school_year, batch_id,
    student_key, school_id, exit_date, document_type_code, document_date, leads_to_diploma_code
from {{ source('records', 'exit_documents') }}
