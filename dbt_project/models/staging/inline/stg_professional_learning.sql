select
    source_id, lea_id, school_year, batch_id,
    staff_key, session_id, org_id, session_date, topic, hours, activity_id, content_focus_code
from {{ source('records', 'professional_learning') }}
