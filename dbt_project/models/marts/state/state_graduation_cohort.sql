-- The arithmetic of each rate: so many came in by each rule, so many were removed, graduated or did not.
with steps as (
    select authority, years, school_year, cohort_year, lea_id, school_id, 'entry' as step, entry_reason as reason_code,
        is_in_denominator, is_in_numerator, as_of_date
    from {{ ref('fct_cohort_membership') }}
    union all
    select authority, years, school_year, cohort_year, lea_id, school_id, 'outcome', outcome_reason,
        is_in_denominator, is_in_numerator, as_of_date
    from {{ ref('fct_cohort_membership') }}
)

select
    cast(s.authority as varchar) as authority,
    cast(s.years as integer) as years,
    cast(s.school_year as integer) as school_year,
    cast(s.cohort_year as integer) as cohort_year,
    cast(s.lea_id as varchar) as lea_id,
    cast(s.school_id as varchar) as school_id,
    cast(s.step as varchar) as step,
    cast(r.rule_number as integer) as rule_number,
    cast(s.reason_code as varchar) as reason_code,
    cast(r.effect as varchar) as effect,
    cast(r.explanation as varchar) as explanation,
    cast(count(*) as bigint) as student_count,
    cast(sum(s.is_in_denominator) as bigint) as denominator,
    cast(sum(s.is_in_numerator) as bigint) as numerator,
    cast(min(coalesce(c.status, 'provisional')) as varchar) as status,
    cast(max(s.as_of_date) as date) as as_of_date
from steps as s
inner join {{ ref('cohort_rules') }} as r on s.reason_code = r.reason_code
left join {{ ref('collection_status') }} as c on c.collection = 'graduation' and s.school_year = c.school_year
group by s.authority, s.years, s.school_year, s.cohort_year, s.lea_id, s.school_id, s.step, r.rule_number,
    s.reason_code, r.effect, r.explanation
