-- Finds: students with a record of a state test, an English test or a readiness assessment who are in no row of the facts
-- the figures are counted from; and rows with neither a code nor a reason why there is none.
-- Matters: always. A student lost on the way to a rate is a rate nobody can check.
-- Resolve: a subject code the macro tested_subjects does not know is no loss; any other is a join in the fact.
{{ config(meta={'dagster': {'ref': {'name': 'fct_assessment_participation'}}}) }}
with tested as (
    select distinct 'fct_assessment_participation' as fact, student_key, school_year,
        {{ tested_subject_of('subject_code') }} as about
    from {{ ref('fct_assessment_result') }}
    where assessment_type_code in ('StateSummative', 'AlternateAssessmentAlternateStandards')
        and {{ tested_subject_of('subject_code') }} is not null
    union all
    select distinct 'fct_english_learner_progress', student_key, school_year, 'English'
    from {{ ref('fct_assessment_result') }}
    where assessment_type_code in ('LanguageProficiency', 'AlternateAssessmentELL')
    union all
    select distinct 'fct_kindergarten_readiness', student_key, school_year, coalesce(developmental_domain_code, 'All')
    from {{ ref('fct_assessment_result') }}
    where assessment_type_code = 'KindergartenReadiness'
),

counted as (
    select 'fct_assessment_participation' as fact, student_key, school_year, subject as about,
        participation_code is not null or exclusion_reason is not null as is_explained
    from {{ ref('fct_assessment_participation') }}
    union all
    select 'fct_english_learner_progress', student_key, school_year, 'English',
        participation_code is not null or exclusion_reason is not null
    from {{ ref('fct_english_learner_progress') }}
    union all
    select 'fct_kindergarten_readiness', student_key, school_year, domain, true
    from {{ ref('fct_kindergarten_readiness') }}
)

select coalesce(t.fact, c.fact) as fact, coalesce(t.school_year, c.school_year) as school_year
from tested as t
full outer join counted as c
    on t.fact = c.fact and t.student_key = c.student_key and t.school_year = c.school_year and t.about = c.about
where c.student_key is null or not c.is_explained
