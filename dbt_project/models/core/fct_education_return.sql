with parameters as (
    select * from (
        {{ parameters_of('I29b', ['within_years']) }}
    ) as p
    where within_years is not null
),

-- The last exit of everyone: from high school or, once there is one, with the newest credential.
exits as (
    select
        *,
        row_number() over (partition by student_key order by exit_date desc nulls last, population desc) as recency
    from {{ ref('fct_education_exit') }}
),

terms as (
    select
        e.student_key, max(coalesce(t.end_date, t.begin_date)) as last_term_date
    from exits as e
    inner join {{ ref('fct_postsecondary_enrollment') }} as t
        on e.student_key = t.student_key and t.begin_date >= e.exit_date
    where e.population = 'high_school_leavers'
    group by e.student_key
),

-- Education is left for good: who studied on after a credential left with the last term.
last_exits as (
    select
        e.student_key, e.lea_id, e.school_id,
        case
            when e.population = 'postsecondary_completers' then e.population
            when t.student_key is not null then 'postsecondary_noncompleters'
            else e.population
        end as population,
        case when t.last_term_date > e.exit_date then t.last_term_date else e.exit_date end as exit_date,
        case when t.last_term_date > e.exit_date then {{ school_year_of('t.last_term_date') }} else e.school_year end
            as school_year
    from exits as e
    left join terms as t on e.student_key = t.student_key
    where e.recency = 1 and e.exclusion_reason is null
),

windows as (
    select
        e.*, p.within_years, {{ quarter_number('e.exit_date') }} + 1 as first_quarter_number,
        {{ quarter_number('e.exit_date') }} + 4 * p.within_years as last_quarter_number
    from last_exits as e
    inner join parameters as p on e.population = p.authority and {{ holds_in('p', 'e.school_year') }}
),

quarters_sent as (
    select distinct wage_year * 4 + wage_quarter - 1 as quarter_number from {{ ref('fct_quarterly_wage') }}
),

newest as (
    select max(quarter_number) as quarter_number from quarters_sent
),

-- Only classes whose exits at the end of June have had their years: before, nobody knows.
due as (
    select
        w.*, n.quarter_number as newest_quarter_number, {{ quarter_begin('w.first_quarter_number') }} as period_start,
        {{ quarter_begin('w.last_quarter_number + 1') }} - 1 as period_end
    from windows as w
    cross join newest as n
    where w.school_year * 4 + 1 + 4 * w.within_years <= n.quarter_number
),

sent as (
    select d.first_quarter_number, d.last_quarter_number, count(*) as quarter_count
    from (select distinct first_quarter_number, last_quarter_number from due) as d
    inner join quarters_sent as q on q.quarter_number between d.first_quarter_number and d.last_quarter_number
    group by d.first_quarter_number, d.last_quarter_number
),

-- The median of the calendar year in which each of the years begins.
benchmarks as (
    select
        d.first_quarter_number, d.last_quarter_number, count(*) as year_count, sum(h.median_earnings_usd) as benchmark_usd
    from (select distinct first_quarter_number, last_quarter_number from due) as d
    inner join {{ ref('high_school_earnings') }} as h
        on h.calendar_year >= d.first_quarter_number // 4 and h.calendar_year <= (d.last_quarter_number - 3) // 4
    group by d.first_quarter_number, d.last_quarter_number
),

wages as (
    select student_key, wage_year * 4 + wage_quarter - 1 as quarter_number, wages_usd
    from {{ ref('fct_quarterly_wage') }}
    where exclusion_reason is null
),

earned as (
    select d.student_key, sum(w.wages_usd) as earnings_usd
    from due as d
    inner join wages as w
        on d.student_key = w.student_key and w.quarter_number between d.first_quarter_number and d.last_quarter_number
    group by d.student_key
),

costs as (
    select
        d.student_key, count(*) filter (where c.cost_status <> 'known') as unknown_count,
        sum({{ repaid_with_interest('c.cost_usd', 'c.interest_basis_points', 'd.within_years') }}) as repaid_usd
    from due as d
    inner join {{ ref('fct_postsecondary_cost') }} as c on d.student_key = c.student_key
    group by d.student_key
),

-- That a graduate never went to college says only a search at the end of the years that found nothing. Whoever finished
-- nothing could not go.
finished as (
    select distinct student_key from {{ ref('fct_high_school_completion') }} where exclusion_reason is null
),

searched as (
    select distinct d.student_key
    from due as d
    inner join {{ ref('fct_postsecondary_search') }} as s
        on d.student_key = s.student_key and s.search_date >= d.period_end and s.search_outcome_code = 'NoEnrollmentFound'
),

linked as (
    select distinct student_key from {{ ref('dim_worker_link') }} where student_key is not null
),

judged as (
    select
        d.population, d.student_key, d.school_year, d.lea_id, d.school_id, d.exit_date, d.within_years, d.period_start,
        d.period_end, d.newest_quarter_number,
        case
            when l.student_key is null then 'not_linked'
            when coalesce(q.quarter_count, 0) < 4 * d.within_years then 'quarter_not_sent'
            when coalesce(b.year_count, 0) < d.within_years then 'no_benchmark'
            when d.population = 'high_school_leavers' and f.student_key is not null and s.student_key is null
                then 'college_not_known'
            when d.population <> 'high_school_leavers' and (c.student_key is null or c.unknown_count > 0)
                then 'cost_not_known'
            else 'known'
        end as return_status,
        coalesce(e.earnings_usd, 0) as earnings_usd, b.benchmark_usd,
        case when d.population = 'high_school_leavers' then 0 else c.repaid_usd end as repaid_usd
    from due as d
    left join linked as l on d.student_key = l.student_key
    left join sent as q on d.first_quarter_number = q.first_quarter_number and d.last_quarter_number = q.last_quarter_number
    left join benchmarks as b
        on d.first_quarter_number = b.first_quarter_number and d.last_quarter_number = b.last_quarter_number
    left join finished as f on d.student_key = f.student_key
    left join searched as s on d.student_key = s.student_key
    left join costs as c on d.student_key = c.student_key
    left join earned as e on d.student_key = e.student_key
)

select
    population, student_key, school_year, lea_id, school_id, exit_date, within_years, period_start, period_end,
    return_status,
    {%- for number in ['earnings_usd', 'benchmark_usd', 'repaid_usd'] %}
    cast(case when return_status = 'known' then {{ number }} end as decimal(18, 2)) as {{ number }},
    {%- endfor %}
    case when return_status = 'known' then earnings_usd >= benchmark_usd + repaid_usd end as has_return,
    {{ quarter_begin('newest_quarter_number + 1') }} - 1 as as_of_date
from judged
