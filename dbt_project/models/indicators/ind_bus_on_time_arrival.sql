with routes as (
    select
        'school' as org_level, school_id as org_id, lea_id, authority, school_year, route_id,
        count(is_on_time) as run_count, count(*) - count(is_on_time) as n_missing, sum(is_on_time) as on_time_count,
        max(run_date) as as_of_date
    from {{ ref('fct_bus_arrival') }}
    where exclusion_reason is null
    group by authority, school_year, school_id, lea_id, route_id
),

spread as (
    {{ spread_over_levels('routes', ['authority', 'school_year', 'run_count', 'n_missing', 'on_time_count', 'as_of_date']) }}
),

organization_rows as (
    select
        authority, school_year, org_level, org_id, 'all' as disaggregate_type, 'All' as disaggregate_value,
        coalesce(sum(on_time_count), 0) as numerator, sum(run_count) as denominator, sum(run_count) as student_count,
        sum(n_missing) as n_missing, max(as_of_date) as as_of_date
    from spread
    group by authority, school_year, org_level, org_id
    union all
    select
        authority, school_year, 'school', org_id, 'route', route_id, coalesce(on_time_count, 0), run_count, run_count,
        n_missing, as_of_date
    from routes
),

{{ organization_figures('organization_rows', 'I35', 1, 'rate', 'transportation', number_type='bigint') }}
