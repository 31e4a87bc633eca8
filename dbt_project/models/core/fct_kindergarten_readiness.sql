with records as (
    select *, coalesce(developmental_domain_code, 'All') as domain
    from {{ ref('fct_assessment_result') }}
    where assessment_type_code = 'KindergartenReadiness'
),

-- What a child can do at entry is the first valid score.
chosen_records as (
    {{ result_that_counts('records', 'domain') }}
),

test_days as (
    {{ test_days('records', ['domain']) }}
),

kindergartners_on_test_days as (
    select distinct e.student_key, e.school_year, d.domain, d.test_date
    from {{ ref('fct_student_enrollment') }} as e
    inner join test_days as d on e.school_year = d.school_year and d.test_date between e.entry_date and e.end_date
    where e.grade_level_code = 'KG'
),

-- One row per student, school year and domain: with a record, or in kindergarten on the day without one.
students_and_domains as (
    select
        coalesce(c.student_key, m.student_key) as student_key, coalesce(c.school_year, m.school_year) as school_year,
        coalesce(c.domain, m.domain) as domain, coalesce(c.administration_date, m.test_date) as test_date,
        c.student_key is not null as has_record, c.lea_id as record_lea_id,
        -- Prekindergartners are assessed, too: who is a kindergartner is told by the school.
        cast(null as varchar) as tested_grade_level_code, c.participation, c.score, c.performance_level, c.level_number,
        c.is_proficient
    from chosen_records as c
    full outer join kindergartners_on_test_days as m
        on c.student_key = m.student_key and c.school_year = m.school_year and c.domain = m.domain
),

placed as (
    {{ placed_on_test_day('students_and_domains', ['student_key', 'school_year', 'domain']) }}
),

first_years as (
    select student_key, min(school_year) as school_year
    from {{ ref('fct_student_enrollment') }}
    where grade_level_code = 'KG'
    group by student_key
)

select
    p.student_key, p.school_year, p.domain, p.lea_id, p.school_id, p.grade_level_code, p.test_date, p.has_record,
    coalesce(p.school_year > f.school_year, false) as is_repeater,
    p.is_proficient is not null as has_valid_score, p.score, p.performance_level, p.level_number,
    p.is_proficient as is_ready,
    case
        when p.school_id is null then 'not_enrolled_on_test_day'
        when p.grade_level_code is null or p.grade_level_code <> 'KG' then 'not_in_kindergarten'
        when p.participation = 'MedicalExemption' then 'medical_exemption'
    end as exclusion_reason,
    d.as_of_date
from placed as p
left join first_years as f on p.student_key = f.student_key
left join {{ ref('dim_delivery') }} as d on p.delivery_key = d.delivery_key
