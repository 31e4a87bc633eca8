with accounts as (
    {{ latest_record('stg_finance_accounts',
        ['org_id', 'account_id', 'fiscal_year'],
        ['account_name', 'fund_source', 'function_code', 'object_code', 'account_type_code', 'funding_code',
            'amount_usd']) }}
)

select
    source_id, lea_id, school_year, org_id, account_id, fiscal_year, account_name, fund_source, function_code,
    object_code, account_type_code, funding_code, amount_usd, record_count,
    case funding_code when 'Federal' then 'Federal' when 'State' then 'StateLocal' when 'Local' then 'StateLocal'
        when 'Intermediate' then 'StateLocal' end as funding_group,
    -- Source: 34 CFR 200.35 and F-33: current expenditure leaves out community services (3300), facilities (4000s), debt
    -- service and transfers (5000s), and property (objects 700s). Null where the account does not say what it is for.
    case
        when account_type_code <> 'Expenditure' then false
        when object_code >= '700' and object_code < '800' then false
        when function_code is null or account_type_code is null then null
        else not (function_code = '3300' or function_code >= '4000')
    end as is_current_expenditure
from accounts
