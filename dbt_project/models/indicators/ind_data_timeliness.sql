with parameters as (
    {{ parameters_of('L1', ['target_days']) }}
),

deliveries as (
    select
        'other' as org_level, cast(null as varchar) as org_id, d.lea_id, d.school_year,
        cast(s.received_at as date) as received_date,
        {{ days_between('d.last_attendance_date', 'cast(s.received_at as date)') }} as delay_days
    from {{ ref('dim_delivery') }} as d
    inner join {{ ref('stg_deliveries') }} as s on d.delivery_key = s.delivery_key
    where d.lea_id is not null
),

spread as (
    {{ spread_over_levels('deliveries', ['school_year', 'received_date', 'delay_days']) }}
),

organization_rows as (
    select
        p.authority, d.school_year, d.org_level, d.org_id, 'all' as disaggregate_type, 'All' as disaggregate_value,
        count(*) filter (where d.delay_days <= p.target_days) as numerator, count(d.delay_days) as denominator,
        count(d.delay_days) as student_count, count(*) - count(d.delay_days) as n_missing,
        max(d.received_date) as as_of_date
    from spread as d
    inner join parameters as p on {{ holds_in('p', 'd.school_year') }}
    group by p.authority, d.school_year, d.org_level, d.org_id
    having count(d.delay_days) > 0
),

{{ organization_figures('organization_rows', 'L1', 1, 'rate', 'timeliness', number_type='bigint') }}
