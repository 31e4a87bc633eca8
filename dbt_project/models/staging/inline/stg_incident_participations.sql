select
    source_id, lea_id, school_year, batch_id,
    student_key, incident_id, school_id, behavior_code, participation_code
from {{ source('records', 'incident_participations') }}
