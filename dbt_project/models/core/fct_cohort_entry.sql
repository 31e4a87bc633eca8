with parameters as (
    {{ parameters_of('I13', ['membership_month', 'membership_day']) }}
),

-- Grades 9 to 12 alone place a student; the earliest of them anywhere in the state does, and no later one moves it.
high_school as (
    select
        student_key, school_year, lea_id, school_id, entry_date, grade_level_code, entry_type_code,
        school_year - case grade_level_code when '09' then 0 when '10' then 1 when '11' then 2 else 3 end as cohort_year,
        row_number() over (
            partition by student_key
            order by school_year, entry_date, grade_level_code, lea_id, source_id, school_id
        ) as place
    from {{ ref('fct_student_enrollment') }}
    where grade_level_code in ('09', '10', '11', '12')
),

first_year as (
    select min(school_year) as first_year_of_data from {{ ref('fct_student_enrollment') }}
)

select
    p.authority, h.student_key, h.cohort_year, h.cohort_year + 3 as cohort_graduation_year,
    h.school_year as entry_school_year, h.entry_date, h.grade_level_code as entry_grade_level_code, h.entry_type_code,
    h.lea_id as entry_lea_id, h.school_id as entry_school_id,
    make_date(h.cohort_year - 1, p.membership_month, p.membership_day) as membership_date,
    case
        when h.cohort_year < f.first_year_of_data then 'before_first_year_of_data'
        when h.entry_date <= make_date(h.cohort_year - 1, p.membership_month, p.membership_day)
            then 'first_time_grade_9'
        else 'joined_later'
    end as entry_reason
from high_school as h
cross join first_year as f
inner join parameters as p on {{ holds_in('p', 'h.cohort_year + 3') }}
where h.place = 1
