select
    source_id, lea_id, school_year, batch_id,
    staff_key, org_id, classification_code, begin_date, end_date, fte, separation_reason_code
from {{ source('records', 'staff_assignments') }}
