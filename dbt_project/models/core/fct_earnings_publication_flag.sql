with exits as (
    {{- exits_after('I28c') }}
),

parameters as (
    {{ parameters_of('I28c', ['minimum_employed', 'dominant_employer_percent']) }}
),

employers as (
    select e.authority, e.school_year, e.student_key, e.school_id, e.lea_id, w.employer_key, sum(w.wages_usd) as wages_usd
    from exits as e
    inner join {{ ref('fct_quarterly_wage') }} as w
        on e.student_key = w.student_key and e.quarter_number = w.wage_year * 4 + w.wage_quarter - 1
    where e.employment_status = 'employed' and w.exclusion_reason is null
    group by e.authority, e.school_year, e.student_key, e.school_id, e.lea_id, w.employer_key
),

described as (
    {{- described_when_last_known('employers') }}
),

placed as (
    {{- at_every_level('employers', ['authority', 'school_year', 'student_key', 'employer_key', 'wages_usd']) }}
),

people as (
    select p.*, d.{{ breakdown_columns() | join(', d.') }}
    from placed as p
    inner join described as d on p.student_key = d.student_key and p.school_year = d.school_year
),

cells as (
    {%- for breakdown in breakdowns() %}
    {% if not loop.first %}union all{% endif %}
    select
        authority, school_year, org_level, org_id, '{{ breakdown.type }}' as disaggregate_type,
        {{ breakdown_value(breakdown) }} as disaggregate_value, employer_key, student_key, wages_usd
    from people
    {%- endfor %}
),

paid as (
    select authority, school_year, org_level, org_id, disaggregate_type, disaggregate_value, employer_key,
        sum(wages_usd) as wages_usd
    from cells
    group by authority, school_year, org_level, org_id, disaggregate_type, disaggregate_value, employer_key
),

largest as (
    select authority, school_year, org_level, org_id, disaggregate_type, disaggregate_value,
        sum(wages_usd) as wages_usd, max(wages_usd) as largest_employer_usd, count(*) as employer_count
    from paid
    group by authority, school_year, org_level, org_id, disaggregate_type, disaggregate_value
),

employed as (
    select authority, school_year, org_level, org_id, disaggregate_type, disaggregate_value,
        count(distinct student_key) as employed_count
    from cells
    group by authority, school_year, org_level, org_id, disaggregate_type, disaggregate_value
)

select
    l.authority, l.school_year, l.org_level, l.org_id, l.disaggregate_type, l.disaggregate_value, e.employed_count,
    l.employer_count, l.wages_usd, l.largest_employer_usd,
    e.employed_count < p.minimum_employed as has_few_employed,
    l.largest_employer_usd * 100 > l.wages_usd * p.dominant_employer_percent as has_dominant_employer
from largest as l
inner join employed as e
    on l.authority = e.authority and l.school_year = e.school_year and l.org_level = e.org_level and l.org_id = e.org_id
    and l.disaggregate_type = e.disaggregate_type and l.disaggregate_value = e.disaggregate_value
inner join parameters as p on l.authority = p.authority and {{ holds_in('p', 'l.school_year') }}
