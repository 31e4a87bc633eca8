with schools as (
    select
        'school' as org_level, school_id as org_id, lea_id, authority, school_year,
        sum(minutes_late * riders) as minutes_lost, sum(case when minutes_late is not null then riders end) as rides,
        count(minutes_late * riders) as run_count, count(*) - count(minutes_late * riders) as n_missing,
        max(run_date) as as_of_date
    from {{ ref('fct_bus_arrival') }}
    where exclusion_reason is null
    group by authority, school_year, school_id, lea_id
),

spread as (
    {{ spread_over_levels('schools', ['authority', 'school_year', 'minutes_lost', 'rides', 'run_count', 'n_missing',
        'as_of_date']) }}
),

organization_rows as (
    select
        authority, school_year, org_level, org_id, 'all' as disaggregate_type, 'All' as disaggregate_value,
        coalesce(sum(minutes_lost), 0) as numerator, coalesce(sum(rides), 0) as denominator,
        sum(run_count) as student_count, sum(n_missing) as n_missing, max(as_of_date) as as_of_date
    from spread
    group by authority, school_year, org_level, org_id
),

{{ organization_figures('organization_rows', 'I35m', 1, 'mean', 'transportation', number_type='bigint') }}
