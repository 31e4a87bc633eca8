with parameters as (
    {{ parameters_of('I29', ['years_after_exit', 'minimum_known_percent']) }}
),

judged as (
    select
        p.authority, e.*, p.minimum_known_percent, t.earnings_usd as threshold_usd,
        e.earnings_status = 'known' and t.earnings_usd is not null as is_known
    from {{ ref('fct_earnings_after_years') }} as e
    inner join parameters as p
        on p.authority = e.population || '_' || cast(p.years_after_exit as varchar) || '_years'
        and e.years_after_exit = p.years_after_exit and {{ holds_in('p', 'e.school_year') }}
    left join {{ ref('earnings_thresholds') }} as t on cast(extract(year from e.period_start) as integer) = t.calendar_year
),

-- Below this coverage the figures are for research alone, which reads the fact; whom wage records miss is not drawn by lot.
classes as (
    select authority, school_year
    from judged
    group by authority, school_year
    having {{ is_at_least_percent('count(*) filter (where is_known)', 'count(*)', 'max(minimum_known_percent)') }}
),

members as (
    select
        authority, school_year, student_key, school_id, lea_id, as_of_date, period_start, period_end,
        case when is_known then 1 else 0 end as student_count,
        case when is_known and earnings_usd >= threshold_usd then 1 else 0 end as numerator,
        case when is_known then 1 else 0 end as denominator,
        case when is_known then 0 else 1 end as n_missing
    from judged
    inner join classes using (authority, school_year)
),

{{ figures_of_leavers('members', 'I29', 'rate', 'wages') }}
