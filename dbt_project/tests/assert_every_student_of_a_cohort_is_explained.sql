-- Finds: students placed in a cohort whose last year was sent, but without an outcome; and outcomes of nobody.
-- Matters: always. A student lost on the way to the rate is a rate nobody can check.
-- Resolve: a reason in exit_rules, exit_document_rules or fct_cohort_membership that the seed cohort_rules does not list.
{{ config(meta={'dagster': {'ref': {'name': 'fct_cohort_membership'}}}) }}
with closed_years as (
    select distinct school_year
    from {{ ref('dim_delivery') }}
    where lea_id is not null and (last_instructional_date is null or as_of_date >= last_instructional_date)
),

expected as (
    select c.authority, x.years, c.student_key
    from {{ ref('fct_cohort_entry') }} as c
    cross join (select * from (values (4), (5), (6)) as e (years)) as x
    inner join closed_years as y on c.cohort_year + x.years - 1 = y.school_year
    where c.entry_reason <> 'before_first_year_of_data'
)

select coalesce(e.student_key, m.student_key) as student_key
from expected as e
full outer join {{ ref('fct_cohort_membership') }} as m
    on e.authority = m.authority and e.years = m.years and e.student_key = m.student_key
where e.student_key is null or m.student_key is null
