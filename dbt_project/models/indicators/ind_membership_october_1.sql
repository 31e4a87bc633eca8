with student_rows as (
    {%- for level in ['school', 'lea', 'state'] %}
    {% if not loop.first %}union all{% endif %}
    select
        authority, school_year, '{{ level }}' as org_level, {{ level }}_id as org_id, student_key, as_of_date,
        census_date as period_start, census_date as period_end,
        1 as student_count, 0 as n_missing,
        cast(null as integer) as numerator, cast(null as integer) as denominator
    from {{ ref('fct_membership') }}
    {%- endfor %}
),

{{ disaggregate('student_rows', 'I00', 1, 'count', 'membership', period_type='day', has_own_period=true) }}
