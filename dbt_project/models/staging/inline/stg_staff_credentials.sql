select
    source_id, lea_id, school_year, batch_id,
    staff_key, credential_type_code, credential_field_code, issue_date, expiration_date
from {{ source('records', 'staff_credentials') }}
