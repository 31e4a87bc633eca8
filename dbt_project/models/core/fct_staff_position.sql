with organizations as (
    -- Where a district and a school have one number, a person is at the school.
    select org_id, org_level, lea_id
    from (
        select org_id, org_level, lea_id, row_number() over (partition by org_id order by org_level desc) as preference
        from {{ ref('dim_organization') }}
        where org_level <> 'state'
    ) as o
    where preference = 1
),

scopes as (
    select source_id, school_year, max(student_id_scope) as id_scope
    from {{ ref('stg_deliveries') }}
    group by source_id, school_year
),

on_october_1 as (
    select
        a.school_year, a.staff_key, a.org_id, o.org_level, a.source_id, a.fte, a.begin_date, a.years_of_experience,
        a.classification_code, coalesce(r.staff_role, 'other') as staff_role, s.id_scope,
        -- An organization that nobody describes is in the district that reports it; a service center is in none.
        case when o.org_level = 'education_service_center' then null else coalesce(o.lea_id, a.lea_id) end as lea_id,
        -- Told by two senders, the position is as the district itself tells it.
        rank() over (
            partition by a.school_year, a.staff_key, a.org_id
            order by case when a.lea_id = o.lea_id then 0 else 1 end, a.source_id
        ) as preference
    from {{ ref('fct_staff_assignment') }} as a
    left join organizations as o on a.org_id = o.org_id
    left join {{ ref('staff_roles') }} as r on a.classification_code = r.classification_code
    left join scopes as s on a.source_id = s.source_id and a.school_year = s.school_year
    where a.is_on_october_1
)

select
    school_year, staff_key, staff_role, org_id, coalesce(org_level, 'unknown') as org_level, lea_id,
    make_date(school_year - 1, 10, 1) as census_date,
    min(classification_code) as classification_code,
    -- One assignment of unknown extent makes the whole unknown.
    case when count(fte) = count(*) then sum(fte) end as fte,
    min(begin_date) as begin_date,
    max(years_of_experience) as years_of_experience,
    max(id_scope) as id_scope
from on_october_1
where preference = 1
group by school_year, staff_key, staff_role, org_id, org_level, lea_id
