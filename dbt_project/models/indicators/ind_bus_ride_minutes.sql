with rides as (
    {{ student_rides() }}
),

ranked as (
    select
        school_year, org_level, org_id, ride_minutes,
        row_number() over (partition by school_year, org_level, org_id order by ride_minutes nulls last) as rank,
        count(ride_minutes) over (partition by school_year, org_level, org_id) as size
    from rides
),

organization_rows as (
    {%- for percent in [50, 90] %}
    {% if not loop.first %}union all{% endif %}
    select
        'openslds' as authority, school_year, org_level, org_id, 'percentile' as disaggregate_type,
        'p{{ percent }}' as disaggregate_value, null as numerator, null as denominator,
        count(ride_minutes) as student_count, count(*) - count(ride_minutes) as n_missing,
        {{ nearest_rank('ride_minutes', percent) }} as value, make_date(school_year, 6, 30) as as_of_date
    from ranked
    group by school_year, org_level, org_id
    {%- endfor %}
),

{{ organization_figures('organization_rows', 'I36p', 1, 'percentile', 'transportation', number_type='bigint', has_value=true) }}
