{%- set models = [
    'ind_membership_october_1', 'ind_average_daily_attendance', 'ind_chronic_absenteeism',
    'ind_chronic_absenteeism_unduplicated', 'ind_exclusionary_discipline',
    'ind_graduation_rate_4_year', 'ind_graduation_rate_5_year', 'ind_graduation_rate_6_year',
    'ind_event_dropout', 'ind_student_mobility', 'ind_student_mobility_incidence', 'ind_student_stability',
] -%}
with indicators as (
    {%- for model in models %}
    {% if not loop.first %}union all{% endif %}
    select
        indicator_id, indicator_version, authority, school_year, org_level, org_id, parent_org_id, lea_id,
        disaggregate_type, disaggregate_value, numerator, denominator, student_count, n_missing, unit, as_of_date,
        value, coverage_rate, status, period_type, period_start, period_end
    from {{ ref(model) }}
    {%- endfor %}
)

select
    i.*, cast(o.org_name as varchar) as org_name,
    {{ percent_of('i.numerator', 'i.denominator', 'i.student_count') }} as rate_percent
from indicators as i
inner join {{ ref('dim_organization') }} as o on i.org_level = o.org_level and i.org_id = o.org_id
