-- Finds: figures that an indicator states twice for the same organization, subgroup and period.
-- Matters: always. A doubled grain doubles every count built on it.
-- Resolve: look at the model's joins; then at the key of the record type it reads.
-- One test for all indicators: one each would cost the night more than the figures do.
{{ config(meta={'dagster': {'ref': {'name': 'ind_cells'}}}) }}
with figures as (
    {{ every_indicator(
        'indicator_id, authority, school_year, org_level, org_id, disaggregate_type, disaggregate_value,'
        ~ " case when period_type <> 'school_year' then period_start end as period_start"
    ) }}
)

select *
from figures
group by all
having count(*) > 1
