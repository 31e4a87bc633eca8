with parameters as (
    {{ parameters_of('I09a', ['counts_first_year']) }}
),

learners as (
    select
        p.authority, e.*,
        case when e.progress_code is null then 0 else 1 end as student_count,
        case when e.progress_code is null then 0 else 1 end as denominator,
        case when e.progress_code in ('PROGRESS', 'PROFICIENT') then 1 else 0 end as numerator,
        case when e.progress_code is null then 1 else 0 end as n_missing
    from {{ ref('fct_english_learner_progress') }} as e
    inner join parameters as p on {{ holds_in('p', 'e.school_year') }}
    where (e.is_required or e.exclusion_reason = 'results_not_sent')
        -- Progress needs two scores; a first one counts by the state's plan alone, and then only if it is proficient.
        and (not e.is_first_assessment or (p.counts_first_year = 1 and e.progress_code = 'PROFICIENT'))
),

student_rows as (
    {{- at_each_level('learners', ['student_count', 'numerator', 'denominator', 'n_missing']) }}
),

described as (
    {{ described_in_grade(ref('fct_english_learner_progress')) }}
),

{{ disaggregate('student_rows', 'I09a', 1, 'rate', 'assessment', described_by='described') }}
