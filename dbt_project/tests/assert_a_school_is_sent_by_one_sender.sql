-- Finds: schools whose enrolments come in the current deliveries of more than one sender for the same year.
-- Matters: where the senders describe the same students. School figures then count those students twice; district and
-- state figures do not (they are made of dates).
-- Resolve: agree with the senders who reports the school, or send its records from one of them.
{{ config(severity='warn') }}
select school_year, school_id
from {{ ref('fct_student_school_year') }}
group by school_year, school_id, student_key
having count(*) > 1
