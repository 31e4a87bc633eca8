with minutes as (
    -- Counted by minute first: the percentiles then look at some dozens of rows, not at every run.
    select
        'school' as org_level, school_id as org_id, lea_id, authority, school_year, minutes_late, count(*) as run_count,
        max(run_date) as as_of_date
    from {{ ref('fct_bus_arrival') }}
    where exclusion_reason is null
    group by authority, school_year, school_id, lea_id, minutes_late
),

spread as (
    {{ spread_over_levels('minutes', ['authority', 'school_year', 'minutes_late', 'run_count', 'as_of_date']) }}
),

ranked as (
    select
        authority, school_year, org_level, org_id, minutes_late, run_count, as_of_date,
        sum(case when minutes_late > 0 then run_count else 0 end) over (
            partition by authority, school_year, org_level, org_id order by minutes_late nulls last
            rows between unbounded preceding and current row
        ) as rank,
        sum(case when minutes_late > 0 then run_count else 0 end) over (
            partition by authority, school_year, org_level, org_id
        ) as size
    from spread
),

organization_rows as (
    {%- for percent in [50, 90] %}
    {% if not loop.first %}union all{% endif %}
    select
        authority, school_year, org_level, org_id, 'percentile' as disaggregate_type,
        'p{{ percent }}' as disaggregate_value, null as numerator, null as denominator,
        coalesce(sum(run_count) filter (where minutes_late is not null), 0) as student_count, coalesce(sum(run_count) filter (where minutes_late is null), 0) as n_missing,
        {{ nearest_rank('case when minutes_late > 0 then minutes_late end', percent) }} as value,
        max(as_of_date) as as_of_date
    from ranked
    group by authority, school_year, org_level, org_id
    {%- endfor %}
),

{{ organization_figures('organization_rows', 'I35p', 1, 'percentile', 'transportation', number_type='bigint', has_value=true) }}
