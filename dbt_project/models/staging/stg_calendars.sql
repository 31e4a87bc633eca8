select
    source_id, lea_id, school_year, batch_id,
    school_id, calendar_date, calendar_event_code
from {{ source('records', 'calendars') }}
