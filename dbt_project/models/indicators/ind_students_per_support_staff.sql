with positions as (
    select org_level, org_id, lea_id, school_year, census_date, staff_role, fte
    from {{ ref('fct_staff_position') }}
    where staff_role in ('counselor', 'nurse', 'psychologist', 'social_worker')
),

-- A district that tells no nurse at all may not have been asked for them; a school without one in a district that does has none.
told as (
    select distinct school_year, lea_id, staff_role, census_date from positions
),

members as (
    {{ october_members_of('told', ['staff_role', 'census_date']) }}
),

staff as (
    {{ spread_over_levels('positions', ['school_year', 'staff_role', 'fte']) }}
),

staff_counted as (
    select
        school_year, org_level, org_id, staff_role, sum(fte) as fte, count(fte) as known_count, count(*) as position_count
    from staff
    group by school_year, org_level, org_id, staff_role
),

organization_rows as (
    select
        'education_to_workforce' as authority, m.school_year, m.org_level, m.org_id, 'staff_role' as disaggregate_type,
        m.staff_role as disaggregate_value, m.members as numerator, coalesce(c.fte, 0) as denominator,
        coalesce(c.known_count, 0) as student_count, coalesce(c.position_count - c.known_count, 0) as n_missing,
        m.census_date as as_of_date, m.census_date as period_start, m.census_date as period_end
    from members as m
    left join staff_counted as c
        on m.school_year = c.school_year and m.org_level = c.org_level and m.org_id = c.org_id
        and m.staff_role = c.staff_role
),

{{ organization_figures('organization_rows', 'I31s', 1, 'ratio', 'staff', period_type='day', has_own_period=true) }}
