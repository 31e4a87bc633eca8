{{ config(access='protected') }}

with state as (
    select state_id, state_name from {{ ref('stg_state') }}
),

leas_that_send as (
    select lea_id, max(source_name) as source_name
    from {{ ref('stg_deliveries') }}
    where lea_id is not null
    group by lea_id
),

described as (
    select
        case org_type_code
            when 'LEA' then 'lea'
            when 'School' then 'school'
            when 'EducationServiceCenter' then 'education_service_center'
        end as org_level,
        org_id, org_name, parent_org_id, low_grade, high_grade, operational_status_code, operational_status_date,
        lea_id as told_by_lea_id,
        -- An organization is believed about itself first, then the newest description, then any, in a fixed order.
        row_number() over (
            partition by org_type_code, org_id
            order by
                case when org_id = lea_id or parent_org_id = lea_id then 0 else 1 end,
                school_year desc, lea_id, source_id
        ) as preference
    from {{ ref('stg_organizations') }}
    where org_type_code in ('LEA', 'School', 'EducationServiceCenter')
),

mentioned as (
    -- A school with students but no description still has figures.
    select school_id as org_id, min(lea_id) as told_by_lea_id
    from {{ ref('fct_enrollment') }}
    where school_id not in (select org_id from described where org_level = 'school')
    group by school_id
),

organizations as (
    select 'state' as org_level, state_id as org_id, state_name as org_name, cast(null as varchar) as parent_org_id,
        cast(null as varchar) as lea_id, cast(null as varchar) as low_grade, cast(null as varchar) as high_grade,
        cast(null as varchar) as operational_status_code, cast(null as date) as operational_status_date,
        true as is_described
    from state
    union all
    select 'lea', s.lea_id, coalesce(d.org_name, s.source_name, s.lea_id), state.state_id, s.lea_id,
        d.low_grade, d.high_grade, d.operational_status_code, d.operational_status_date, d.org_id is not null
    from leas_that_send as s
    cross join state
    left join described as d on s.lea_id = d.org_id and d.org_level = 'lea' and d.preference = 1
    union all
    -- A school's district is the parent it names where that district sends data, else whoever reports the school.
    select 'school', d.org_id, coalesce(d.org_name, d.org_id), coalesce(p.lea_id, d.told_by_lea_id),
        coalesce(p.lea_id, d.told_by_lea_id), d.low_grade, d.high_grade,
        d.operational_status_code, d.operational_status_date, true
    from described as d
    left join leas_that_send as p on d.parent_org_id = p.lea_id
    where d.org_level = 'school' and d.preference = 1
    union all
    select 'school', org_id, org_id, told_by_lea_id, told_by_lea_id, null, null, null, null, false
    from mentioned
    union all
    select 'education_service_center', d.org_id, coalesce(d.org_name, d.org_id), state.state_id, null, null, null,
        d.operational_status_code, d.operational_status_date, true
    from described as d
    cross join state
    where d.org_level = 'education_service_center' and d.preference = 1
)

select org_level, org_id, org_name, parent_org_id, lea_id, low_grade, high_grade, operational_status_code,
    operational_status_date, is_described
from organizations
