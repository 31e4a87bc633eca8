select
    cast(y.lea_id as varchar) as lea_id,
    cast(y.school_id as varchar) as school_id,
    cast(y.school_year as integer) as school_year,
    cast(y.student_key as varchar) as student_key,
    cast(y.grade_level_code as varchar) as grade_level_code,
    cast(u.race_ethnicity as varchar) as race_ethnicity,
    cast(u.sex as varchar) as sex,
    cast(u.economic_disadvantage as varchar) as economic_disadvantage,
    cast(u.english_learner as varchar) as english_learner,
    cast(u.idea as varchar) as idea,
    cast(y.first_entry_date as date) as first_entry_date,
    cast(y.last_exit_date as date) as last_exit_date,
    cast(y.days_enrolled as bigint) as days_enrolled,
    cast(y.days_absent as bigint) as days_absent,
    cast(y.days_tardy as bigint) as days_tardy,
    -- The federal rule, so that a district can see who is in the figure before the state sends it on.
    case
        when y.days_absent is null or y.days_enrolled < p.minimum_days_enrolled then null
        else {{ is_at_least_percent('y.days_absent', 'y.days_enrolled', 'p.minimum_absent_percent') }}
    end as is_chronically_absent,
    cast(y.as_of_date as date) as as_of_date
from {{ ref('fct_student_school_year') }} as y
inner join {{ ref('dim_student_year') }} as u on y.student_key = u.student_key and y.school_year = u.school_year
inner join (
    {{ parameters_of('I01', ['minimum_days_enrolled', 'minimum_absent_percent']) }}
) as p on p.authority = 'edfacts' and {{ holds_in('p', 'y.school_year') }}
