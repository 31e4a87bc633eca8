{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook=["{{ delete_stale_deliveries() }}", "{{ delete_other_levels_versions() }}"]
) }}

with deliveries as (
    {{ new_deliveries() }}
),

results as (
    select
        d.delivery_key, d.delivery_version, r.source_id, r.lea_id, r.school_year, r.student_key, r.assessment_id,
        r.administration_date, r.result_id, r.score_type, r.assessment_title, r.subject_code, r.grade_level_code, r.score_value,
        try_cast(r.score_value as decimal(12, 3)) as score, r.performance_level_source as reported_level,
        r.assessment_type_administered_code, r.reason_not_tested_code,
        row_number() over (order by d.delivery_key, r.student_key, r.assessment_id, r.administration_date,
            r.result_id nulls last, r.score_type nulls last) as result_number
    from {{ ref('stg_assessment_results') }} as r
    inner join deliveries as d
        on r.batch_id = d.batch_id and r.source_id = d.source_id and r.school_year = d.school_year
),

-- The state's word about a test goes before the district's own; among the state's, the newest.
tests as (
    select
        r.delivery_key, r.assessment_id, a.assessment_title, a.assessment_type_code, a.subject_code,
        a.developmental_domain_code,
        row_number() over (
            partition by r.delivery_key, r.assessment_id
            order by a.lea_id nulls first, a.school_year desc, a.source_id, a.batch_id
        ) as preference
    from (select distinct delivery_key, source_id, school_year, assessment_id from results) as r
    inner join {{ ref('stg_assessments') }} as a
        on r.assessment_id = a.assessment_id
        and (a.lea_id is null or (r.source_id = a.source_id and r.school_year = a.school_year))
),

-- The level as its cut scores stood on the day of the test: named by the sender, or else read off the score.
levels as (
    select
        r.result_number, p.performance_level, p.level_number, p.is_proficient,
        lower(r.reported_level) = lower(p.performance_level) as is_reported,
        row_number() over (
            partition by r.result_number
            order by case when lower(r.reported_level) = lower(p.performance_level) then 0 else 1 end,
                p.lea_id nulls first, p.grade_level_code nulls last, p.score_type nulls last, p.school_year desc,
                p.level_number nulls last, p.performance_level
        ) as preference
    from results as r
    inner join {{ ref('dim_performance_level') }} as p
        on r.assessment_id = p.assessment_id
        and r.administration_date between p.begin_date and p.end_date
        and (p.lea_id is null or (r.source_id = p.source_id and r.school_year = p.school_year))
        and (p.grade_level_code is null or r.grade_level_code = p.grade_level_code)
        and (p.score_type is null or r.score_type = p.score_type)
        and (
            lower(r.reported_level) = lower(p.performance_level)
            or (r.reported_level is null
                and r.score >= coalesce(p.minimum_score, r.score) and r.score <= coalesce(p.maximum_score, r.score))
        )
)

select
    r.delivery_key, r.delivery_version, {{ levels_version() }} as levels_version, r.source_id, r.lea_id,
    r.school_year, r.student_key,
    r.assessment_id, r.administration_date, r.score_type,
    coalesce(t.assessment_title, r.assessment_title) as assessment_title, t.assessment_type_code,
    coalesce(t.subject_code, r.subject_code) as subject_code, t.developmental_domain_code, r.grade_level_code,
    r.assessment_type_administered_code, r.score_value, r.score,
    coalesce(l.performance_level, r.reported_level) as performance_level, l.level_number, l.is_proficient,
    case when l.is_reported or (l.result_number is null and r.reported_level is not null) then 'reported'
        when l.result_number is not null then 'derived' end as level_origin,
    case
        when r.score_value is not null or r.reported_level is not null then 'Participated'
        when r.reason_not_tested_code = '03454' then 'MedicalExemption'
        else 'DidNotParticipate'
    end as participation,
    r.reason_not_tested_code,
    case
        when r.score_value is null and r.reported_level is null then 'not_tested'
        when l.result_number is null then 'no_performance_level'
    end as exclusion_reason
from results as r
left join tests as t on r.delivery_key = t.delivery_key and r.assessment_id = t.assessment_id and t.preference = 1
left join levels as l on r.result_number = l.result_number and l.preference = 1
