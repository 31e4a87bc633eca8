with parameters as (
    {{ parameters_of('I29b', ['minimum_known_percent']) }}
),

judged as (
    select
        p.authority, p.minimum_known_percent, r.school_year, r.student_key, r.school_id, r.lea_id, r.as_of_date, r.period_start,
        r.period_end, r.has_return, r.return_status = 'known' as is_known
    from {{ ref('fct_education_return') }} as r
    inner join parameters as p on r.population = p.authority and {{ holds_in('p', 'r.school_year') }}
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
        case when has_return then 1 else 0 end as numerator,
        case when is_known then 1 else 0 end as denominator,
        case when is_known then 0 else 1 end as n_missing
    from judged
    inner join classes using (authority, school_year)
),

{{ figures_of_leavers('members', 'I29b', 'rate', 'wages') }}
