select
    source_id, lea_id, school_year, batch_id,
    student_key, school_id, event_id, event_date, restraint_type_code, duration_minutes
from {{ source('records', 'restraint_events') }}
