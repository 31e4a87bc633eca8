select
    source_id, lea_id, school_year, batch_id,
    student_key, credential_id, award_date, credential_name, credential_type_code
from {{ source('records', 'industry_credentials') }}
