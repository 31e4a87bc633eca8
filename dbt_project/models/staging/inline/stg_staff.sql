select
    source_id, lea_id, school_year, batch_id,
    staff_key, years_of_experience
from {{ source('records', 'staff') }}
