with wages as (
    {{ latest_record('stg_quarterly_wages',
        ['worker_key', 'employer_key', 'wage_year', 'wage_quarter'],
        ['wages_usd', 'naics']) }}
)

select
    w.source_id, w.lea_id, w.school_year, w.worker_key, w.employer_key, w.wage_year, w.wage_quarter,
    make_date(w.wage_year, w.wage_quarter * 3 - 2, 1) as quarter_begin_date,
    w.wages_usd, w.naics, l.student_key,
    case when l.worker_key is null then 'no_student' when l.student_key is null then 'several_students' end
        as exclusion_reason,
    w.record_count
from wages as w
left join {{ ref('dim_worker_link') }} as l on w.worker_key = l.worker_key
