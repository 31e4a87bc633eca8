with parameters as (
    {{ parameters_of('I09b', ['years']) }}
),

statuses as (
    select student_key, school_year, lea_id, school_id, english_learner
    from {{ ref('dim_student_year') }}
    where english_learner in ('Yes', 'No')
),

years_of_data as (
    select min(school_year) as first_school_year, max(school_year) as last_school_year
    from {{ ref('dim_student_year') }}
),

-- When a student was first an English learner: by the program's own date, which other states may have sent along.
classified as (
    select student_key, min(cohort_year) as cohort_year
    from (
        select student_key, school_year as cohort_year from statuses where english_learner = 'Yes'
        union all
        select student_key, {{ school_year_of('begin_date') }}
        from {{ ref('fct_program_spell') }}
        where program_code = 'EnglishLearner'
    ) as c
    group by student_key
),

windows as (
    select p.authority, c.student_key, c.cohort_year, c.cohort_year + p.years as school_year, y.first_school_year
    from classified as c
    cross join years_of_data as y
    inner join parameters as p on {{ holds_in('p', 'c.cohort_year + p.years') }}
    where c.cohort_year + p.years <= y.last_school_year
),

-- What is known last, by the fall in which the years are over.
last_known as (
    select * from (
        select
            w.authority, w.student_key, w.cohort_year, w.school_year, w.first_school_year, s.lea_id, s.school_id,
            s.school_year as last_school_year, s.english_learner,
            max(case when s.english_learner = 'Yes' then s.school_year end) over (
                partition by w.authority, w.student_key) as last_year_as_learner,
            row_number() over (partition by w.authority, w.student_key order by s.school_year desc) as recency
        from windows as w
        inner join statuses as s on w.student_key = s.student_key and s.school_year between w.cohort_year and w.school_year
    ) as k
    where recency = 1
)

select
    k.authority, k.student_key, k.cohort_year, k.school_year, k.lea_id, k.school_id, k.last_school_year,
    k.last_year_as_learner,
    case
        when k.english_learner = 'No' then 'reclassified'
        when k.last_school_year = k.school_year then 'still_english_learner'
        else 'left_as_english_learner'
    end as outcome,
    -- Of those classified before, only who was still a learner when the data begin is seen: their rate would be too low.
    case when k.cohort_year <= k.first_school_year then 'before_first_year_of_data' end as exclusion_reason,
    make_date(k.cohort_year - 1, 7, 1) as period_start, make_date(k.school_year, 6, 30) as period_end, y.as_of_date
from last_known as k
left join {{ ref('fct_student_year') }} as y on k.student_key = y.student_key and k.last_school_year = y.school_year
