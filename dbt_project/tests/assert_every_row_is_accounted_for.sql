-- Finds: kinds of row, by district and year, of which the counted and the excluded are not the received.
-- Matters: always. What is missing on the right is somebody, or a day, missing from a published figure without a reason.
-- Resolve: look in state_row_conservation which side is short, then at the joins of the table it leads to; a student without
-- a row in dim_student_year is in no indicator.
with sides as (
    select
        unit, leads_to, school_year, lea_id,
        sum(case when disposition = 'received' then row_count else 0 end) as received_count,
        sum(case when disposition <> 'received' then row_count else 0 end) as accounted_count
    from {{ ref('state_row_conservation') }}
    group by unit, leads_to, school_year, lea_id
)

select unit, leads_to, school_year, lea_id
from sides
where received_count <> accounted_count
