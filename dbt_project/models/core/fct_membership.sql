with parameters as (
    {{ parameters_of('I00', ['census_month', 'census_day']) }}
),

on_census_date as (
    select
        p.authority, e.school_year, e.student_key, e.school_id, e.grade_level_code, d.as_of_date,
        make_date(e.school_year - 1, p.census_month, p.census_day) as census_date,
        -- A student enrolled at two schools that day is a member of one: the one entered last.
        row_number() over (
            partition by p.authority, e.school_year, e.student_key
            order by e.entry_date desc, e.lea_id, e.school_id, d.as_of_date, e.grade_level_code nulls last
        ) as preference
    from {{ ref('fct_enrollment') }} as e
    inner join parameters as p on {{ holds_in('p', 'e.school_year') }}
    inner join {{ ref('dim_delivery') }} as d on e.delivery_key = d.delivery_key
    where (e.exclusion_reason is null or e.exclusion_reason <> 'exit_before_entry')
        and e.entry_date <= make_date(e.school_year - 1, p.census_month, p.census_day)
        and (
            e.exit_date is null
            or e.exit_date{{ '' if var('exit_date_is_last_day') else ' - 1' }}
                >= make_date(e.school_year - 1, p.census_month, p.census_day)
        )
)

select
    m.authority, m.school_year, m.student_key, m.school_id, o.lea_id, s.org_id as state_id, m.grade_level_code,
    m.census_date, m.as_of_date
from on_census_date as m
inner join {{ ref('dim_organization') }} as o on o.org_level = 'school' and m.school_id = o.org_id
cross join {{ ref('dim_organization') }} as s
where m.preference = 1 and s.org_level = 'state'
