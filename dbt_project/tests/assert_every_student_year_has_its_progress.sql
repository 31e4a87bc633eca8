-- Finds: students of a year who are in no row of fct_student_progress, or in more than one.
-- Matters: always. Every on-track figure is made of it: who is missing there is in no denominator and no exclusion.
-- Resolve: look at the choice of one place per student and year at the top of the model.
{{ config(meta={'dagster': {'ref': {'name': 'fct_student_progress'}}}) }}
select y.student_key, y.school_year
from {{ ref('fct_student_year') }} as y
left join {{ ref('fct_student_progress') }} as p on y.student_key = p.student_key and y.school_year = p.school_year
group by y.student_key, y.school_year
having count(p.student_key) <> 1
