with enrolled_now as (
    select y.*, max(y.school_year) over (partition by y.lea_id) as newest_school_year
    from {{ ref('fct_student_school_year') }} as y
)

select
    cast(e.lea_id as varchar) as lea_id,
    cast(e.school_id as varchar) as school_id,
    cast(e.school_year as integer) as school_year,
    cast(e.student_key as varchar) as student_key,
    cast(e.grade_level_code as varchar) as grade_level_code,
    cast(u.idea as varchar) as idea,
    cast(u.english_learner as varchar) as english_learner,
    cast(e.days_enrolled as bigint) as days_enrolled,
    cast(e.days_absent as bigint) as days_absent,
    cast(e.days_absent_last_20 as bigint) as days_absent_last_20,
    cast(e.days_tardy as bigint) as days_tardy,
    -- Bands of absence as schools use them: under 5 percent, 5 to 9, 10 to 19, 20 and more.
    cast(case
        when e.days_absent is null or e.days_enrolled = 0 then 'unknown'
        when {{ is_at_least_percent('e.days_absent', 'e.days_enrolled', 20) }} then 'severe'
        when {{ is_at_least_percent('e.days_absent', 'e.days_enrolled', 10) }} then 'chronic'
        when {{ is_at_least_percent('e.days_absent', 'e.days_enrolled', 5) }} then 'at_risk'
        else 'satisfactory'
    end as varchar) as attendance_band,
    cast(e.as_of_date as date) as as_of_date
from enrolled_now as e
inner join {{ ref('dim_student_year') }} as u on e.student_key = u.student_key and e.school_year = u.school_year
where e.school_year = e.newest_school_year and e.is_enrolled_at_as_of
