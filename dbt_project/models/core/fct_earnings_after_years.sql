with spans as (
    select distinct value as years_after_exit
    from {{ ref('indicator_parameters') }}
    where indicator_id = 'I29' and parameter = 'years_after_exit'
),

-- The four quarters that begin so many years after the quarter of the exit.
exits as (
    select
        e.*, s.years_after_exit, e.exit_quarter_number + 4 * s.years_after_exit as first_quarter_number,
        e.exit_quarter_number + 4 * s.years_after_exit + 3 as last_quarter_number
    from {{ ref('fct_education_exit') }} as e
    cross join spans as s
    where e.exclusion_reason is null
),

wages as (
    select
        student_key, wage_year * 4 + wage_quarter - 1 as quarter_number, sum(wages_usd) as wages_usd
    from {{ ref('fct_quarterly_wage') }}
    where exclusion_reason is null
    group by student_key, wage_year * 4 + wage_quarter - 1
),

quarters_sent as (
    select distinct wage_year * 4 + wage_quarter - 1 as quarter_number from {{ ref('fct_quarterly_wage') }}
),

newest as (
    select max(quarter_number) as quarter_number from quarters_sent
),

-- Only classes whose exits at the end of June have had their year.
due as (
    select e.*, n.quarter_number as newest_quarter_number
    from exits as e
    cross join newest as n
    where e.school_year * 4 + 1 + 4 * e.years_after_exit + 3 <= n.quarter_number
),

sent as (
    select d.first_quarter_number, count(*) as quarter_count
    from (select distinct first_quarter_number, last_quarter_number from due) as d
    inner join quarters_sent as q on q.quarter_number between d.first_quarter_number and d.last_quarter_number
    group by d.first_quarter_number
),

earned as (
    select d.population, d.student_key, d.school_year, d.years_after_exit, sum(w.wages_usd) as earnings_usd
    from due as d
    inner join wages as w
        on d.student_key = w.student_key and w.quarter_number between d.first_quarter_number and d.last_quarter_number
    group by d.population, d.student_key, d.school_year, d.years_after_exit
),

linked as (
    select distinct student_key from {{ ref('dim_worker_link') }} where student_key is not null
)

select
    d.population, d.student_key, d.school_year, d.lea_id, d.school_id, d.years_after_exit,
    {{ quarter_begin('d.first_quarter_number') }} as period_start,
    {{ quarter_begin('d.last_quarter_number + 1') }} - 1 as period_end,
    case
        when l.student_key is null then 'not_linked'
        when coalesce(s.quarter_count, 0) < 4 then 'quarter_not_sent'
        else 'known'
    end as earnings_status,
    case when l.student_key is not null and s.quarter_count = 4 then coalesce(e.earnings_usd, 0) end as earnings_usd,
    {{ quarter_begin('d.newest_quarter_number + 1') }} - 1 as as_of_date
from due as d
left join sent as s on d.first_quarter_number = s.first_quarter_number
left join earned as e
    on d.population = e.population and d.student_key = e.student_key and d.school_year = e.school_year
    and d.years_after_exit = e.years_after_exit
left join linked as l on d.student_key = l.student_key
