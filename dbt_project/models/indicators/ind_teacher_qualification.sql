{%- set measures = ['inexperienced', 'emergency_or_provisional', 'out_of_field'] -%}
with parameters as (
    {{ parameters_of('I32', ['inexperienced_below_years']) }}
),

poverty as (
    {{ school_poverty() }}
),

-- For each measure the full-time equivalents it is true of; null where the measure or the extent is not known.
teachers as (
    select
        p.authority, q.school_year, q.org_level, q.org_id, q.lea_id, q.census_date, q.fte,
        coalesce(s.school_poverty, 'other') as school_poverty,
        case
            when q.years_of_experience < p.inexperienced_below_years then q.fte
            when q.years_of_experience >= p.inexperienced_below_years then 0
        end as inexperienced,
        q.fte * q.is_emergency_or_provisional as emergency_or_provisional,
        q.out_of_field_fte as out_of_field
    from {{ ref('fct_teacher_qualification') }} as q
    inner join parameters as p on {{ holds_in('p', 'q.school_year') }}
    left join poverty as s on q.school_year = s.school_year and q.org_id = s.school_id and q.org_level = 'school'
),

measured as (
    {%- for measure in measures %}
    {% if not loop.first %}union all{% endif %}
    select
        authority, school_year, org_level, org_id, lea_id, school_poverty, '{{ measure }}' as measure,
        sum({{ measure }}) as numerator, sum(case when {{ measure }} is not null then fte end) as denominator,
        count(case when {{ measure }} is not null then fte end) as known_count,
        count(*) - count(case when {{ measure }} is not null then fte end) as n_missing, max(census_date) as census_date
    from teachers
    group by authority, school_year, org_level, org_id, lea_id, school_poverty
    {%- endfor %}
),

spread as (
    {{ spread_over_levels('measured', ['authority', 'school_year', 'school_poverty', 'measure', 'numerator', 'denominator',
        'known_count', 'n_missing', 'census_date']) }}
),

organization_rows as (
    {%- for kind, value, condition in [
        ('qualification', "measure", "true"),
        ('qualification x school_poverty', "measure || ' x ' || school_poverty",
            "school_poverty <> 'other' and org_level <> 'school'"),
    ] %}
    {% if not loop.first %}union all{% endif %}
    select
        authority, school_year, org_level, org_id, '{{ kind }}' as disaggregate_type, {{ value }} as disaggregate_value,
        sum(numerator) as numerator, sum(denominator) as denominator, sum(known_count) as student_count,
        sum(n_missing) as n_missing, max(census_date) as as_of_date, max(census_date) as period_start,
        max(census_date) as period_end
    from spread
    where {{ condition }}
    group by authority, school_year, org_level, org_id, {{ value }}
    -- A measure of which nobody told anything is not zero.
    having sum(known_count) > 0
    {%- endfor %}
),

{{ organization_figures('organization_rows', 'I32', 1, 'rate', 'staff', period_type='day', has_own_period=true) }}
