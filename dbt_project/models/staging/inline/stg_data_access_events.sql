select
    source_id, lea_id, school_year, batch_id,
    access_date, tier, table_name_code, org_id, staff_key
from {{ source('records', 'data_access_events') }}
