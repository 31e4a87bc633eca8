{%- set in_state_order -%}
partition by student_key
order by end_date, case when has_left then 0 else 1 end, entry_date, lea_id, source_id, school_id
{%- endset -%}
-- The last date an enrolment is known to hold: the exit, or June 30 where the sender left it open at the year's end.
with enrollments as (
    select
        e.delivery_key, e.source_id, e.lea_id, e.school_year, e.student_key, e.school_id, e.grade_level_code,
        e.entry_date, e.exit_date, e.entry_type_code, e.exit_type_code,
        case when e.exit_date is not null and coalesce(r.exit_kind, 'not_stated') <> 'expected_back'
            then e.exit_date else greatest(make_date(e.school_year, 6, 30), coalesce(e.exit_date, e.entry_date))
        end as end_date,
        e.exit_date is not null and coalesce(r.exit_kind, 'not_stated') <> 'expected_back' as has_left,
        case when e.exit_date is not null then coalesce(r.exit_kind, 'not_stated') end as exit_kind,
        e.first_day_ordinal, e.last_day_ordinal
    from {{ ref('fct_enrollment') }} as e
    left join {{ ref('exit_rules') }} as r on e.exit_type_code = r.exit_type_code
    -- A spell without a day of instruction is of somebody who never came; one without a calendar cannot be told.
    where e.exclusion_reason is null or e.exclusion_reason = 'no_calendar'
),

-- What follows is the enrolment that ends next, anywhere in the state: of two at the same time, the longer goes on.
followed as (
    select
        *,
        lead(entry_date) over ({{ in_state_order }}) as next_entry_date,
        lead(lea_id) over ({{ in_state_order }}) as next_lea_id,
        lead(school_id) over ({{ in_state_order }}) as next_school_id,
        row_number() over ({{ in_state_order }}) as place_in_state
    from enrollments
),

-- A district may send several documents about one exit; the one that takes the student out of a cohort is preferred.
documents as (
    select
        d.lea_id, d.student_key, d.school_id, d.exit_date, d.document_type_code, d.document_date, r.removes_because,
        case r.diploma_program
            when 'irrelevant' then true
            when 'confirmed' then coalesce(d.leads_to_diploma_code = 'Yes', false)
            when 'not_denied' then coalesce(d.leads_to_diploma_code, 'Yes') <> 'No'
        end as is_sufficient
    from {{ ref('stg_exit_documents') }} as d
    inner join {{ ref('exit_document_rules') }} as r on d.document_type_code = r.document_type_code
),

documented as (
    select
        f.*, d.document_type_code, d.document_date, d.is_sufficient as is_document_sufficient,
        case when d.is_sufficient then d.removes_because end as document_shows,
        row_number() over (
            partition by f.delivery_key, f.student_key, f.place_in_state
            order by case when d.is_sufficient then 0 else 1 end, case when d.removes_because = 'died' then 0 else 1 end,
                d.document_date nulls last, d.document_type_code nulls last
        ) as preference
    from followed as f
    left join documents as d
        on f.has_left and f.lea_id = d.lea_id and f.student_key = d.student_key and f.exit_date = d.exit_date
        and (d.school_id is null or f.school_id = d.school_id)
)

select
    delivery_key, source_id, lea_id, school_year, student_key, school_id, grade_level_code, entry_date, exit_date,
    entry_type_code, exit_type_code, exit_kind, end_date, has_left, first_day_ordinal, last_day_ordinal,
    place_in_state, next_entry_date, next_lea_id, next_school_id,
    document_type_code, document_date, is_document_sufficient, document_shows,
    case
        when next_entry_date is null and not has_left then 'enrolled_last'
        when next_entry_date is null and exit_kind in ('graduated', 'completed') then 'finished'
        when next_entry_date is null and document_shows is not null then 'left_with_document'
        when next_entry_date is null and exit_kind = 'moved_in_state' then 'transfer_not_found'
        when next_entry_date is null then 'left_without_document'
        when next_entry_date <= end_date then 'enrolled_elsewhere_at_the_time'
        when not has_left then 'goes_on'
        when exit_kind in ('discontinued', 'unknown', 'not_stated') and next_lea_id = lea_id then 'returned'
        when exit_kind in ('discontinued', 'unknown', 'not_stated') then 'found_in_another_district'
        when next_lea_id = lea_id then 'moved_within_district'
        else 'transfer_found'
    end as reconciliation
from documented
where preference = 1
