{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ delete_stale_deliveries() }}") }}

with deliveries as (
    {{ new_deliveries() }}
),

items as (
    select source_id, school_year, survey_id, item_id, construct, favorable_minimum
    from {{ ref('stg_survey_items') }}
)

select
    d.delivery_key, d.delivery_version, r.source_id, r.lea_id, r.school_year, r.survey_id, r.response_id, r.item_id, r.org_id,
    r.respondent_role_code, r.grade_level_code, r.response_date, i.construct, r.response_value,
    r.response_value >= i.favorable_minimum as is_favorable,
    case
        when r.response_value is null then 'no_answer'
        when i.item_id is null then 'unknown_item'
        when i.favorable_minimum is null then 'no_favorable_minimum'
    end as exclusion_reason
from {{ ref('stg_survey_responses') }} as r
inner join deliveries as d on r.batch_id = d.batch_id and r.source_id = d.source_id and r.school_year = d.school_year
left join items as i
    on r.source_id = i.source_id and r.school_year = i.school_year and r.survey_id = i.survey_id
    and r.item_id = i.item_id
