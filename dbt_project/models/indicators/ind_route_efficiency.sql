{# Measure: numerator, denominator, and whether a run tells what the measure needs. #}
{%- set measures = {
    'riders_per_bus_day': ('sum(riders)', 'count(distinct bus_day)', 'riders is not null and bus_day is not null'),
    'runs_per_bus_day': ('count(*)', 'count(distinct bus_day)', 'bus_day is not null'),
    'seats_used': ('sum(riders)', 'sum(seats)', 'riders is not null and seats is not null'),
    'deadhead_share': ('sum(deadhead_miles)', 'sum(miles + deadhead_miles)', 'miles is not null and deadhead_miles is not null'),
    'miles_per_rider': ('sum(miles + deadhead_miles)', 'sum(riders)',
        'miles is not null and deadhead_miles is not null and riders is not null'),
} -%}
with runs as (
    select
        'school' as org_level, r.school_id as org_id, coalesce(o.lea_id, r.lea_id) as lea_id, r.school_year, r.run_date,
        r.riders, r.seats,
        -- As decimals: the sum of floats depends on their order.
        cast(r.miles as decimal(9, 2)) as miles, cast(r.deadhead_miles as decimal(9, 2)) as deadhead_miles,
        r.source_id || '|' || r.vehicle_id || '|' || cast(r.run_date as varchar) as bus_day
    from {{ ref('fct_bus_run') }} as r
    left join {{ ref('dim_organization') }} as o on o.org_level = 'school' and r.school_id = o.org_id
    where r.exclusion_reason is null or r.exclusion_reason <> 'not_run'
),

spread as (
    {{ spread_over_levels('runs', ['school_year', 'run_date', 'riders', 'seats', 'miles', 'deadhead_miles', 'bus_day']) }}
),

transportation_costs as (
    select e.school_year, e.lea_id, sum(e.amount_usd) as usd
    from {{ ref('fct_expenditure') }} as e
    inner join {{ ref('fct_finance') }} as f
        on e.org_id = f.org_id and e.account_id = f.account_id and e.school_year = f.fiscal_year
    where e.exclusion_reason is null and f.function_code >= '2700' and f.function_code < '2800'
    group by e.school_year, e.lea_id
),

riders as (
    select school_year, lea_id, count(distinct student_key) as rider_count
    from {{ ref('fct_student_transportation') }}
    group by school_year, lea_id
),

costs as (
    select 'lea' as org_level, c.lea_id as org_id, c.school_year, c.usd, r.rider_count
    from transportation_costs as c
    inner join riders as r on c.school_year = r.school_year and c.lea_id = r.lea_id
    union all
    select 'state', s.org_id, c.school_year, sum(c.usd), sum(r.rider_count)
    from transportation_costs as c
    inner join riders as r on c.school_year = r.school_year and c.lea_id = r.lea_id
    cross join {{ ref('dim_organization') }} as s
    where s.org_level = 'state'
    group by s.org_id, c.school_year
),

organization_rows as (
    {%- for measure, (numerator, denominator, is_told) in measures.items() %}
    select
        'openslds' as authority, school_year, org_level, org_id, 'efficiency' as disaggregate_type,
        '{{ measure }}' as disaggregate_value, {{ numerator }} filter (where {{ is_told }}) as numerator,
        {{ denominator }} filter (where {{ is_told }}) as denominator,
        count(*) filter (where {{ is_told }}) as student_count, count(*) filter (where not ({{ is_told }})) as n_missing,
        max(run_date) as as_of_date
    from spread
    group by school_year, org_level, org_id
    having count(*) filter (where {{ is_told }}) > 0
    union all
    {%- endfor %}
    select
        'openslds', school_year, org_level, org_id, 'efficiency', 'cost_per_rider', usd, rider_count, rider_count, 0,
        make_date(school_year, 6, 30)
    from costs
),

{{ organization_figures('organization_rows', 'I36e', 1, 'ratio', 'transportation') }}
