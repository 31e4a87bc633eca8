select
    source_id, lea_id, school_year, batch_id,
    institution_id, academic_year, net_price_usd
from {{ source('records', 'net_prices') }}
