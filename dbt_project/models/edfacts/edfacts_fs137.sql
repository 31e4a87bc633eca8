with learners as (
    select
        e.school_year, o.org_id as state_id, e.lea_id, e.school_id, 'LEPENGLANGTST' as table_name,
        e.participation_code as partstatus, e.assessment_type_administered_code as asmtadmnstrdelp,
        -- Set B is about those who took it for the first time.
        case when e.participation_code = 'PART' and e.is_first_assessment then 'FIRSTASSESS' end as firstassess, 1 as amount
    from {{ ref('fct_english_learner_progress') }} as e
    cross join {{ ref('dim_organization') }} as o
    where e.participation_code is not null and o.org_level = 'state'
),

by_level as (
    {{- edfacts_by_level('learners', ['state', 'lea', 'school']) }}
),

{{ edfacts_counts('FS137', 'by_level', ['partstatus', 'asmtadmnstrdelp', 'firstassess']) }}
