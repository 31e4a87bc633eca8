{%- set outcomes = ['stayer', 'moved_within_lea', 'moved_lea', 'left_teaching_same_lea', 'left_teaching_other_lea',
    'left_state'] -%}
{%- set reasons = {'retired': 'is_retired', 'died': 'is_deceased', 'school_closed': 'is_school_closed'} -%}
with teachers as (
    select
        school_year, org_level, org_id, lea_id, retention_outcome, census_date, next_census_date,
        is_retired, is_deceased, is_school_closed
    from {{ ref('fct_educator_retention') }}
),

spread as (
    {{ spread_over_levels('teachers', ['school_year', 'retention_outcome', 'census_date', 'next_census_date',
        'is_retired', 'is_deceased', 'is_school_closed']) }}
),

counted as (
    select
        school_year, org_level, org_id, min(census_date) as period_start, max(next_census_date) as period_end,
        count(retention_outcome) as known_count, count(*) - count(retention_outcome) as n_missing
        {%- for outcome in outcomes %},
        count(*) filter (where retention_outcome = '{{ outcome }}') as {{ outcome }}
        {%- endfor %}
        {%- for reason, column in reasons.items() %},
        count(*) filter (where {{ column }} and retention_outcome is not null) as {{ reason }}
        {%- endfor %}
    from spread
    group by school_year, org_level, org_id
),

figures_told as (
    select 'all' as disaggregate_type, 'All' as disaggregate_value
    {%- for outcome in outcomes %}
    union all select 'retention_outcome', '{{ outcome }}'
    {%- endfor %}
    {%- for reason in reasons %}
    union all select 'reason', '{{ reason }}'
    {%- endfor %}
),

organization_rows as (
    select
        'education_to_workforce' as authority, c.school_year, c.org_level, c.org_id, f.disaggregate_type,
        f.disaggregate_value,
        case f.disaggregate_value
            when 'All' then c.stayer
            {%- for figure in outcomes + reasons.keys() | list %}
            when '{{ figure }}' then c.{{ figure }}
            {%- endfor %}
        end as numerator,
        c.known_count as denominator, c.known_count as student_count, c.n_missing, c.period_end as as_of_date,
        c.period_start, c.period_end
    from counted as c
    cross join figures_told as f
),

{{ organization_figures('organization_rows', 'I33', 1, 'rate', 'staff', number_type='bigint', has_own_period=true) }}
