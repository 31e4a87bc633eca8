with parameters as (
    {{ parameters_of('I31', ['unknown_fte_hundredths']) }}
),

positions as (
    select org_level, org_id, lea_id, school_year, census_date, fte
    from {{ ref('fct_staff_position') }}
    where staff_role = 'teacher'
),

told as (
    select distinct school_year, lea_id from positions
),

members as (
    {{ october_members_of('told') }}
),

teachers as (
    {{ spread_over_levels('positions', ['school_year', 'census_date', 'fte']) }}
),

organization_rows as (
    select
        p.authority, t.school_year, t.org_level, t.org_id, 'all' as disaggregate_type, 'All' as disaggregate_value,
        max(m.members) as numerator,
        sum(coalesce(t.fte, cast(p.unknown_fte_hundredths * 0.01 as decimal(9, 4)))) as denominator,
        count(t.fte) as student_count, count(*) - count(t.fte) as n_missing, max(t.census_date) as as_of_date,
        max(t.census_date) as period_start, max(t.census_date) as period_end
    from teachers as t
    inner join members as m on t.school_year = m.school_year and t.org_level = m.org_level and t.org_id = m.org_id
    inner join parameters as p on {{ holds_in('p', 't.school_year') }}
    group by p.authority, t.school_year, t.org_level, t.org_id
),

{{ organization_figures('organization_rows', 'I31', 1, 'ratio', 'staff', period_type='day', has_own_period=true) }}
