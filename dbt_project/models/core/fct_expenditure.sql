with accounts as (
    select
        f.fiscal_year as school_year, f.account_id, f.account_type_code, coalesce(f.funding_group, 'Missing') as funding_group,
        f.amount_usd, f.org_id, f.is_current_expenditure,
        coalesce(o.org_level, 'unknown') as org_level,
        case when o.org_level = 'education_service_center' then null else coalesce(o.lea_id, f.lea_id) end as lea_id
    from {{ ref('fct_finance') }} as f
    left join (
        -- Where a district and a school have one number, its accounts are the district's.
        select org_id, org_level, lea_id
        from (
            select org_id, org_level, lea_id, row_number() over (partition by org_id order by org_level) as preference
            from {{ ref('dim_organization') }}
            where org_level <> 'state'
        ) as d
        where preference = 1
    ) as o on f.org_id = o.org_id
)

select
    school_year, org_level, org_id, lea_id, account_id, funding_group, amount_usd, is_current_expenditure,
    case
        when account_type_code <> 'Expenditure' then 'not_an_expenditure'
        when is_current_expenditure is null then 'purpose_unknown'
        when not is_current_expenditure then 'not_current'
        when amount_usd is null then 'amount_unknown'
        when lea_id is null then 'of_no_district'
    end as exclusion_reason
from accounts
