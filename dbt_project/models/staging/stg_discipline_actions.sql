select
    source_id, lea_id, school_year, batch_id,
    student_key, action_id, school_id, incident_id,
    action_date, action_code, duration_days
from {{ source('records', 'discipline_actions') }}
