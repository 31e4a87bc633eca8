with participations as (
    select
        student_key, program_code, case when program_code is null then program_name end as unmapped_program_name,
        lea_id, school_year, begin_date,
        -- One year's file says "still open" of the end of that year at the latest; the next year's file says whether it
        -- went on.
        coalesce(end_date, make_date(school_year, 6, 30)) as known_end_date,
        end_date is null as is_open
    from {{ ref('stg_program_participations') }}
),

-- A summer does not end a program, nor a move: spells that begin before the end of another, or by October 1 after it,
-- go on.
ordered as (
    select
        *,
        max(case when is_open then make_date(school_year, 10, 1) else known_end_date + 1 end) over (
            partition by student_key, program_code, unmapped_program_name
            order by begin_date, known_end_date
            rows between unbounded preceding and 1 preceding
        ) as goes_on_through
    from participations
),

numbered as (
    select
        *,
        sum(case when goes_on_through is null or begin_date > goes_on_through then 1 else 0 end) over (
            partition by student_key, program_code, unmapped_program_name
            order by begin_date, known_end_date
            rows between unbounded preceding and current row
        ) as spell_number
    from ordered
),

last_year as (
    select max(school_year) as school_year from participations
)

select
    n.student_key, n.program_code, n.unmapped_program_name, n.spell_number, min(n.begin_date) as begin_date,
    -- Open only where the newest file says so; a spell that merely was not sent again ended with the last year that had it.
    case when max(case when n.is_open then n.school_year else 0 end) < max(l.school_year)
        or max(case when n.is_open then n.known_end_date end) < max(n.known_end_date)
        or not bool_or(n.is_open) then max(n.known_end_date) end as end_date,
    min(n.school_year) as first_school_year, max(n.school_year) as last_school_year,
    count(distinct n.lea_id) as lea_count, count(*) as record_count,
    case when n.program_code is null then 'unknown_program' end as exclusion_reason
from numbered as n
cross join last_year as l
group by n.student_key, n.program_code, n.unmapped_program_name, n.spell_number
