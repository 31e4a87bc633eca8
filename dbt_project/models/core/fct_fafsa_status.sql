with parameters as (
    {{ parameters_of('I23', ['deadline_month', 'deadline_day']) }}
),

-- The award year that begins after the senior year: applications for 2023 are of the seniors of 2022.
applications as (
    select student_key, award_year - 1 as school_year, submitted_date, completed_date
    from {{ ref('fct_financial_aid_application') }}
    where application_type_code = 'FAFSA'
),

known as (
    select school_year, max(greatest(coalesce(completed_date, submitted_date), coalesce(submitted_date, completed_date)))
        as known_through
    from applications
    group by school_year
)

select
    u.student_key, u.school_year, u.lea_id, u.school_id, a.submitted_date, a.completed_date,
    make_date(u.school_year, p.deadline_month, p.deadline_day) as deadline,
    case
        when a.completed_date <= make_date(u.school_year, p.deadline_month, p.deadline_day) then 'completed'
        when a.completed_date is not null then 'completed_late'
        when a.student_key is not null then 'not_completed'
        else 'not_found'
    end as fafsa_status,
    k.known_through as as_of_date
from {{ ref('dim_student_year') }} as u
-- Who was enrolled and never came on a day of instruction is in no student year, and no senior.
inner join {{ ref('fct_student_year') }} as y on u.student_key = y.student_key and u.school_year = y.school_year
inner join known as k on u.school_year = k.school_year and k.known_through is not null
inner join parameters as p on {{ holds_in('p', 'u.school_year') }}
left join applications as a on u.student_key = a.student_key and u.school_year = a.school_year
where u.grade_level_code = '12'
