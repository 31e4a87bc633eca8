with lags as (
    select distinct value as quarters_after_exit
    from {{ ref('indicator_parameters') }}
    where parameter = 'quarters_after_exit'
),

exits as (
    select e.*, l.quarters_after_exit, e.exit_quarter_number + l.quarters_after_exit as quarter_number
    from {{ ref('fct_education_exit') }} as e
    cross join lags as l
    where e.exclusion_reason is null
),

quarters_sent as (
    select distinct wage_year * 4 + wage_quarter - 1 as quarter_number from {{ ref('fct_quarterly_wage') }}
),

newest as (
    select max(quarter_number) as quarter_number from quarters_sent
),

-- A class has figures once the wages that an exit at the end of June leads to were sent: before, only those who left early
-- are known, and they are others.
years_sent as (
    select distinct e.population, e.school_year, e.quarters_after_exit
    from exits as e
    inner join quarters_sent as q on e.quarter_number = q.quarter_number
    cross join newest as n
    where e.school_year * 4 + 1 + e.quarters_after_exit <= n.quarter_number
),

linked as (
    select distinct student_key from {{ ref('dim_worker_link') }} where student_key is not null
),

employers as (
    select
        student_key, employer_key, wage_year * 4 + wage_quarter - 1 as quarter_number, sum(wages_usd) as wages_usd
    from {{ ref('fct_quarterly_wage') }}
    where exclusion_reason is null
    group by student_key, employer_key, wage_year * 4 + wage_quarter - 1
),

wages as (
    select
        student_key, quarter_number, sum(wages_usd) as wages_usd,
        count(*) filter (where wages_usd > 0) as employer_count
    from employers
    group by student_key, quarter_number
)

select
    e.population, e.student_key, e.school_year, e.lea_id, e.school_id, e.exit_date, e.exit_kind, e.quarters_after_exit,
    e.quarter_number, cast(e.quarter_number // 4 as integer) as wage_year,
    cast(e.quarter_number % 4 + 1 as integer) as wage_quarter,
    -- No number to match by, and no files of the quarter, are unknown. A number without wages is known: not in these records.
    case
        when l.student_key is null then 'not_linked'
        when s.quarter_number is null then 'quarter_not_sent'
        when w.wages_usd > 0 then 'employed'
        else 'not_found'
    end as employment_status,
    case when l.student_key is not null and s.quarter_number is not null and w.wages_usd > 0 then w.wages_usd end
        as wages_usd,
    case when w.wages_usd > 0 then w.employer_count end as employer_count,
    {{ quarter_begin('n.quarter_number + 1') }} - 1 as as_of_date
from exits as e
inner join years_sent as y
    on e.population = y.population and e.school_year = y.school_year and e.quarters_after_exit = y.quarters_after_exit
cross join newest as n
left join linked as l on e.student_key = l.student_key
left join quarters_sent as s on e.quarter_number = s.quarter_number
left join wages as w on e.student_key = w.student_key and e.quarter_number = w.quarter_number
