select
    source_id, lea_id, school_year, batch_id,
    account_id, fiscal_year, org_id, account_name, fund_source, function_code, object_code, amount_usd,
    account_type_code, funding_code
from {{ source('records', 'finance_accounts') }}
