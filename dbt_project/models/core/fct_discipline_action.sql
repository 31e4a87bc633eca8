with placed as (
    -- An action without a school belongs to the school the student was enrolled at that day.
    select
        a.source_id, a.lea_id, a.school_year, a.batch_id, a.student_key, a.action_id, a.action_code, a.incident_id,
        a.action_date, a.duration_days, a.school_id as reported_school_id, e.school_id as enrolled_school_id,
        row_number() over (
            partition by a.source_id, a.school_year, a.student_key, a.action_id, a.action_code
            order by e.entry_date desc nulls last, e.school_id nulls last, a.action_date nulls last
        ) as preference
    from {{ ref('stg_discipline_actions') }} as a
    left join {{ ref('fct_enrollment') }} as e
        on a.school_id is null
        and a.source_id = e.source_id and a.school_year = e.school_year and a.student_key = e.student_key
        and a.action_date >= e.entry_date and a.action_date <= coalesce(e.exit_date, a.action_date)
)

select
    source_id, lea_id, school_year, student_key, action_id, action_code, incident_id, action_date,
    coalesce(reported_school_id, enrolled_school_id) as school_id,
    duration_days,
    coalesce(action_code in ('InSchoolSuspension', 'OutOfSchoolSuspension', 'Expulsion'), false) as is_exclusionary
from placed
where preference = 1
