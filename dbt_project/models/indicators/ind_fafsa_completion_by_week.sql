with members as (
    select school_year, school_id, lea_id, completed_date, as_of_date from {{ ref('fct_fafsa_status') }}
),

placed as (
    {{- at_every_level('members', ['school_year', 'completed_date', 'as_of_date']) }}
),

-- Once by the day of completion, so that the weeks are laid over days and not over students.
days as (
    select school_year, org_level, org_id, completed_date, as_of_date, count(*) as student_count
    from placed
    group by school_year, org_level, org_id, completed_date, as_of_date
),

weeks as (
    select * from (values {% for week in range(40) %}({{ week }}){{ ', ' if not loop.last }}{% endfor %}) as w (week)
),

-- Weeks of seven days from October 1 to June 30; none that begins after the last day of which anything is known.
figures as (
    select
        'education_to_workforce' as authority, d.school_year, d.org_level, d.org_id, g.parent_org_id, g.lea_id,
        'all' as disaggregate_type, 'All' as disaggregate_value,
        coalesce(sum(d.student_count) filter (
            where d.completed_date <= least(make_date(d.school_year - 1, 10, 1) + w.week * 7 + 6, make_date(d.school_year, 6, 30))
        ), 0) as numerator,
        sum(d.student_count) as denominator, sum(d.student_count) as student_count, 0 as n_missing, d.as_of_date,
        make_date(d.school_year - 1, 10, 1) + w.week * 7 as period_start,
        least(make_date(d.school_year - 1, 10, 1) + w.week * 7 + 6, make_date(d.school_year, 6, 30)) as period_end
    from days as d
    inner join weeks as w
        on make_date(d.school_year - 1, 10, 1) + w.week * 7 <= least(d.as_of_date, make_date(d.school_year, 6, 30))
    inner join {{ ref('dim_organization') }} as g on d.org_level = g.org_level and d.org_id = g.org_id
    group by d.school_year, d.org_level, d.org_id, g.parent_org_id, g.lea_id, d.as_of_date, w.week
)

{{ row_contract('figures', 'I23w', 1, 'rate', 'financial_aid', period_type='week') }}
