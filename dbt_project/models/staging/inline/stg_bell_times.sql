select
    source_id, lea_id, school_year, batch_id,
    school_id, bell_date, first_bell, last_bell
from {{ source('records', 'bell_times') }}
