select
    source_id, lea_id, school_year, batch_id,
    student_key, program_code, program_name, begin_date, end_date,
    org_id, service_source
from {{ source('records', 'program_participations') }}
