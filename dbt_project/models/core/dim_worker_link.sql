select
    worker_key,
    -- One number under which two students are known is a mistake in one of them, and nobody's wages.
    case when min(student_key) = max(student_key) then min(student_key) end as student_key,
    count(distinct student_key) as student_count
from {{ ref('stg_students') }}
where worker_key is not null
group by worker_key
