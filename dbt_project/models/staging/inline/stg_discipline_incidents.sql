select
    source_id, lea_id, school_year, batch_id,
    incident_id, school_id, incident_date, behavior_code
from {{ source('records', 'discipline_incidents') }}
