with learners as (
    select
        e.school_year, o.org_id as state_id, e.lea_id, e.school_id, 'LEPSTUENGPROF' as table_name,
        e.assessment_type_administered_code as asmtadmnstrdelp, coalesce(e.progress_code, 'MISSING') as titleact, 1 as amount
    from {{ ref('fct_english_learner_progress') }} as e
    cross join {{ ref('dim_organization') }} as o
    -- A first score that is not proficient shows no progress and no lack of it.
    where e.has_valid_score and (e.progress_code is not null or not e.is_first_assessment) and o.org_level = 'state'
),

by_level as (
    {{- edfacts_by_level('learners', ['state', 'lea', 'school']) }}
),

{{ edfacts_counts('FS139', 'by_level', ['asmtadmnstrdelp', 'titleact']) }}
