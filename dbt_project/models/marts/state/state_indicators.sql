{#- A view: the rows lie in the indicators' own tables. -#}
{{ config(materialized='view') }}
with indicators as (
    {{ every_indicator(
        "cast('{model}' as varchar) as indicator_table, "
        ~ 'indicator_id, indicator_version, authority, school_year, org_level, org_id, parent_org_id, lea_id,'
        ~ ' disaggregate_type, disaggregate_value, cast(numerator as decimal(18, 2)) as numerator,'
        ~ ' cast(denominator as decimal(18, 2)) as denominator, student_count, n_missing, unit, as_of_date, value,'
        ~ ' coverage_rate, status, period_type, period_start, period_end'
    ) }}
)

select
    i.*, cast(o.org_name as varchar) as org_name,
    case when i.unit = 'rate' then
        {{ percent_of('cast(i.numerator * 100 as bigint)', 'cast(i.denominator * 100 as bigint)', 'i.student_count') }}
    end as rate_percent
from indicators as i
inner join {{ ref('dim_organization') }} as o on i.org_level = o.org_level and i.org_id = o.org_id
