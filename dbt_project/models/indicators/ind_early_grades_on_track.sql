with parameters as (
    {{ parameters_of('I11e', ['first_grade', 'last_grade', 'minimum_attendance_percent', 'maximum_exclusions']) }}
),

-- The last result of the year in each subject that says whether the benchmark is met.
results as (
    select
        student_key, school_year, lea_id, {{ is_mathematics('subject_code') }} as is_mathematics, is_proficient,
        row_number() over (
            partition by student_key, school_year, {{ is_mathematics('subject_code') }}
            order by administration_date desc, is_proficient desc, assessment_id
        ) as preference
    from {{ ref('fct_assessment_result') }}
    where assessment_type_code in ('Benchmark', 'Interim', 'Screening', 'ReadingReadiness', 'StateSummative')
        and ({{ is_mathematics('subject_code') }} or {{ is_english('subject_code') }})
        and is_proficient is not null
),

benchmarks as (
    select
        student_key, school_year, count(*) as subject_count,
        count(*) filter (where is_proficient) as met_count
    from results
    where preference = 1
    group by student_key, school_year
),

asked as (
    select
        p.authority, y.school_year, y.lea_id, y.school_id, y.student_key, y.as_of_date,
        b.subject_count = 2 and y.days_absent is not null and y.days_enrolled > 0 and y.exclusion_count is not null
            as is_known,
        b.met_count = 2 and y.exclusion_count <= p.maximum_exclusions
            and {{ is_at_least_percent('y.days_present', 'y.days_enrolled', 'p.minimum_attendance_percent') }}
            as is_on_track
    from {{ ref('fct_student_progress') }} as y
    inner join parameters as p
        on {{ holds_in('p', 'y.school_year') }}
        and try_cast(y.grade_level_code as integer) between p.first_grade and p.last_grade
    left join benchmarks as b on y.student_key = b.student_key and y.school_year = b.school_year
    where y.exclusion_reason is null
),

-- Only where a benchmark is given in these grades is there anything to judge.
testing as (
    select a.lea_id, a.school_year
    from asked as a
    inner join benchmarks as b on a.student_key = b.student_key and a.school_year = b.school_year
    group by a.lea_id, a.school_year
),

judged as (
    select
        a.authority, a.school_year, a.lea_id, a.school_id, a.student_key, a.as_of_date,
        case when coalesce(a.is_known, false) then 0 else 1 end as n_missing,
        case when coalesce(a.is_known, false) then 1 else 0 end as student_count,
        case when coalesce(a.is_known, false) then 1 else 0 end as denominator,
        case when a.is_known and a.is_on_track then 1 else 0 end as numerator
    from asked as a
    inner join testing as t on a.lea_id = t.lea_id and a.school_year = t.school_year
),

student_rows as (
    {{- at_every_level('judged', ['authority', 'school_year', 'student_key', 'as_of_date', 'n_missing',
        'student_count', 'denominator', 'numerator']) }}
),

{{ disaggregate('student_rows', 'I11e', 1, 'rate', 'attendance') }}
