select {{ delivery_key() }} as delivery_key, {{ delivery_version() }} as delivery_version, source_id, lea_id,
    school_year, batch_id, source_name, student_id_scope, received_at
from {{ source('records', 'current_deliveries') }}
