with organizations_of_year as (
    -- Who sent that year, and the schools that were described or had students.
    select school_year, 'lea' as org_level, lea_id as org_id from {{ ref('dim_delivery') }} where lea_id is not null
    union
    select school_year, 'school', org_id from {{ ref('stg_organizations') }} where org_type_code = 'School'
    union
    select school_year, 'school', school_id from {{ ref('fct_enrollment') }}
    union
    select d.school_year, 'state', o.org_id
    from {{ ref('dim_delivery') }} as d
    cross join {{ ref('dim_organization') }} as o
    where o.org_level = 'state'
)

select
    cast(y.school_year as integer) as school_year,
    cast('FS029' as varchar) as file_spec,
    cast(o.org_level as varchar) as org_level,
    cast(o.org_id as varchar) as org_id,
    cast(o.lea_id as varchar) as lea_id,
    cast(o.org_name as varchar) as org_name,
    cast('NO' as varchar) as out_of_state_indicator,
    -- Codes of EDFacts; what the sender does not say stays blank.
    cast(case o.operational_status_code
        when 'Open' then '1' when 'Closed' then '2' when 'New' then '3' when 'Added' then '4'
        when 'ChangedBoundary' then '5' when 'ChangedAgency' then '5' when 'Inactive' then '6'
        when 'FutureAgency' then '7' when 'FutureSchool' then '7' when 'Reopened' then '8'
    end as varchar) as operational_status
from organizations_of_year as y
inner join {{ ref('dim_organization') }} as o on y.org_level = o.org_level and y.org_id = o.org_id
