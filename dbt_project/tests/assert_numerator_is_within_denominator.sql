-- Finds: cells with a numerator above the denominator, or a number below zero.
-- Matters: always. The share of a whole cannot exceed it.
-- Resolve: numerator and denominator of the indicator are taken from different students.
select *
from {{ ref('ind_cells') }}
where numerator > denominator or numerator < 0 or student_count < 0
