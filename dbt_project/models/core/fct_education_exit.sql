-- The last enrolment of everyone who was in high school, anywhere in the state.
with last_enrollments as (
    select
        student_key, school_year, lea_id, school_id, exit_date, exit_kind, has_left, document_shows,
        row_number() over (partition by student_key order by place_in_state desc) as recency
    from {{ ref('fct_student_enrollment') }}
    where next_entry_date is null and grade_level_code in ('09', '10', '11', '12', '13')
),

completions as (
    select
        student_key, school_year, completion_date, lea_id, school_id,
        row_number() over (partition by student_key order by completion_date, counts_as) as place,
        row_number() over (partition by student_key order by completion_date desc, counts_as) as recency
    from {{ ref('fct_high_school_completion') }}
    where exclusion_reason is null
),

-- Whoever left, and whoever finished though no exit was recorded. Who is still enrolled has not left.
leavers as (
    select
        'high_school_leavers' as population, e.student_key,
        case when e.has_left then e.school_year else c.school_year end as school_year, e.lea_id, e.school_id,
        case when e.has_left then e.exit_date else c.completion_date end as exit_date,
        case when e.has_left then e.exit_kind else 'graduated' end as exit_kind,
        case when e.has_left and c.student_key is null then coalesce(e.document_shows, case e.exit_kind
            when 'died' then 'died'
            when 'ill' then 'ill'
            when 'facility' then 'facility'
            when 'emigrated' then 'emigrated'
            when 'exchange' then 'exchange_student'
            when 'moved_in_state' then 'at_another_school'
            when 'left_state_schools' then 'at_another_school'
        end) end as exclusion_reason
    from last_enrollments as e
    left join completions as c on e.student_key = c.student_key and c.place = 1
    where e.recency = 1 and (e.has_left or c.student_key is not null)
),

awards as (
    select
        student_key, {{ school_year_of('award_date') }} as school_year, max(award_date) as award_date
    from {{ ref('fct_postsecondary_award') }}
    group by student_key, {{ school_year_of('award_date') }}
),

last_schools as (
    select student_key, school_id, lea_id, row_number() over (partition by student_key order by school_year desc) as recency
    from {{ ref('dim_student_year') }}
),

exits as (
    select population, student_key, school_year, lea_id, school_id, exit_date, exit_kind, exclusion_reason from leavers
    union all
    select
        'postsecondary_completers', a.student_key, a.school_year, coalesce(c.lea_id, l.lea_id),
        coalesce(c.school_id, l.school_id), a.award_date, 'award', null
    from awards as a
    left join completions as c on a.student_key = c.student_key and c.recency = 1
    left join last_schools as l on a.student_key = l.student_key and l.recency = 1
)

select
    e.population, e.student_key, e.school_year, coalesce(o.lea_id, e.lea_id) as lea_id, e.school_id, e.exit_date,
    {{ quarter_number('e.exit_date') }} as exit_quarter_number, e.exit_kind, e.exclusion_reason
from exits as e
left join {{ ref('dim_organization') }} as o on o.org_level = 'school' and e.school_id = o.org_id
