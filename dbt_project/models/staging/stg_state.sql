select state_id, state_name
from {{ source('records', 'state') }}
