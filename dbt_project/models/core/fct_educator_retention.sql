with posts as (
    {{ teachers_of_october_1() }}
),

next_years as (
    select distinct school_year - 1 as school_year from {{ ref('fct_staff_position') }}
),

teachers as (
    select p.*, make_date(p.school_year, 10, 1) as next_census_date
    from posts as p
    inner join next_years as n on p.school_year = n.school_year
),

a_year_later as (
    select school_year - 1 as school_year, staff_key, org_id, lea_id, staff_role = 'teacher' as is_teaching
    from {{ ref('fct_staff_position') }}
),

found as (
    select
        t.school_year, t.staff_key,
        count(l.staff_key) > 0 as is_found,
        coalesce(bool_or(l.is_teaching), false) as is_teaching,
        coalesce(bool_or(l.is_teaching and l.org_id = t.org_id), false) as is_teaching_same_place,
        coalesce(bool_or(l.is_teaching and l.lea_id = t.lea_id), false) as is_teaching_same_lea,
        coalesce(bool_or(l.lea_id = t.lea_id), false) as is_in_same_lea
    from teachers as t
    left join a_year_later as l on t.school_year = l.school_year and t.staff_key = l.staff_key
    group by t.school_year, t.staff_key
),

leas_told_later as (
    select distinct school_year - 1 as school_year, lea_id from {{ ref('fct_staff_position') }} where lea_id is not null
),

separations as (
    -- Source: CEDS 000620: 01389 retirement, 01404 death.
    select
        t.school_year, t.staff_key,
        bool_or(a.separation_reason_code = '01389') as is_retired,
        bool_or(a.separation_reason_code = '01404') as is_deceased
    from teachers as t
    inner join {{ ref('fct_staff_assignment') }} as a
        on t.staff_key = a.staff_key and a.end_date >= t.census_date and a.end_date < t.next_census_date
    where a.separation_reason_code in ('01389', '01404')
    group by t.school_year, t.staff_key
)

select
    t.school_year, t.staff_key, t.org_level, t.org_id, t.lea_id, t.fte, t.years_of_experience, t.census_date,
    t.next_census_date,
    case
        when f.is_teaching_same_place then 'stayer'
        when f.is_teaching_same_lea then 'moved_within_lea'
        when f.is_teaching then 'moved_lea'
        when f.is_in_same_lea then 'left_teaching_same_lea'
        when f.is_found then 'left_teaching_other_lea'
        when n.lea_id is null or t.id_scope = 'lea' then null
        else 'left_state'
    end as retention_outcome,
    case
        when f.is_found then null
        when n.lea_id is null then 'next_year_not_sent'
        when t.id_scope = 'lea' then 'staff_number_ends_at_the_district'
    end as exclusion_reason,
    coalesce(s.is_retired, false) as is_retired,
    coalesce(s.is_deceased, false) as is_deceased,
    coalesce(
        o.operational_status_code in ('Closed', 'Inactive')
        and o.operational_status_date > t.census_date and o.operational_status_date <= t.next_census_date, false
    ) as is_school_closed
from teachers as t
inner join found as f on t.school_year = f.school_year and t.staff_key = f.staff_key
left join leas_told_later as n on t.school_year = n.school_year and t.lea_id = n.lea_id
left join separations as s on t.school_year = s.school_year and t.staff_key = s.staff_key
left join {{ ref('dim_organization') }} as o on t.org_level = o.org_level and t.org_id = o.org_id
