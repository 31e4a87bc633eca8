select
    source_id, lea_id, school_year, batch_id,
    worker_key, employer_key, wage_year, wage_quarter, wages_usd, naics
from {{ source('records', 'quarterly_wages') }}
