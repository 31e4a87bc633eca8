with parameters as (
    {{ parameters_of('I33p', ['middle_band_from_years', 'upper_band_from_years']) }}
),

-- Whole years by October 1 since the first day at the school in the office, the day itself reached.
leaders as (
    select
        org_level, org_id, lea_id, school_year, census_date,
        extract(year from census_date) - extract(year from begin_date)
            - case when extract(month from begin_date) * 100 + extract(day from begin_date) > 1001 then 1 else 0 end
            as tenure_years
    from {{ ref('fct_staff_position') }}
    where staff_role = 'school_leader' and org_level = 'school'
),

spread as (
    {{ spread_over_levels('leaders', ['school_year', 'census_date', 'tenure_years']) }}
),

counted as (
    select
        p.authority, s.school_year, s.org_level, s.org_id, max(s.census_date) as census_date,
        count(s.tenure_years) as known_count, count(*) - count(s.tenure_years) as n_missing,
        count(*) filter (where s.tenure_years < p.middle_band_from_years) as new_count,
        count(*) filter (where s.tenure_years >= p.middle_band_from_years and s.tenure_years < p.upper_band_from_years)
            as middle_count,
        count(*) filter (where s.tenure_years >= p.upper_band_from_years) as long_count
    from spread as s
    inner join parameters as p on {{ holds_in('p', 's.school_year') }}
    group by p.authority, s.school_year, s.org_level, s.org_id
),

organization_rows as (
    {%- for band, count in [('under_2_years', 'new_count'), ('2_to_3_years', 'middle_count'), ('4_years_or_more', 'long_count')] %}
    {% if not loop.first %}union all{% endif %}
    select
        authority, school_year, org_level, org_id, 'tenure_band' as disaggregate_type, '{{ band }}' as disaggregate_value,
        {{ count }} as numerator, known_count as denominator, known_count as student_count, n_missing,
        census_date as as_of_date, census_date as period_start, census_date as period_end
    from counted
    {%- endfor %}
),

{{ organization_figures('organization_rows', 'I33p', 1, 'rate', 'staff', period_type='day', number_type='bigint',
    has_own_period=true) }}
