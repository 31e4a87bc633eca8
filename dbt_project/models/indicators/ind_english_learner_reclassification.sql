with members as (
    select
        *,
        case when outcome = 'left_as_english_learner' then 0 else 1 end as student_count,
        case when outcome = 'left_as_english_learner' then 0 else 1 end as denominator,
        case when outcome = 'reclassified' then 1 else 0 end as numerator,
        case when outcome = 'left_as_english_learner' then 1 else 0 end as n_missing
    from {{ ref('fct_english_learner_reclassification') }}
    where exclusion_reason is null
),

student_rows as (
    {{- at_each_level('members', ['student_count', 'numerator', 'denominator', 'n_missing', 'period_start', 'period_end']) }}
),

described as (
    {{- described_over_cohort('members') }}
),

{{ disaggregate('student_rows', 'I09b', 1, 'rate', 'assessment', period_type='cohort', has_own_period=true,
    described_by='described') }}
