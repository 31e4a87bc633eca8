with places as (
    select
        f.authority, f.school_year, f.student_key, f.as_of_date, f.period_start, f.period_end, f.is_member, f.is_dropout,
        f.census_school_id, c.lea_id as census_lea_id, f.school_id, coalesce(o.lea_id, f.lea_id) as lea_id,
        s.org_id as state_id
    from {{ ref('fct_fall_status') }} as f
    left join {{ ref('dim_organization') }} as c on c.org_level = 'school' and f.census_school_id = c.org_id
    left join {{ ref('dim_organization') }} as o on o.org_level = 'school' and f.school_id = o.org_id
    cross join {{ ref('dim_organization') }} as s
    where s.org_level = 'state'
),

-- A member counts where enrolled on the census day, a dropout where enrolled last; often, but not always, the same.
appearances as (
    {%- for level, member_place, dropout_place in [
        ('school', 'census_school_id', 'school_id'), ('lea', 'census_lea_id', 'lea_id'), ('state', 'state_id', 'state_id')] %}
    {% if not loop.first %}union all{% endif %}
    select authority, school_year, '{{ level }}' as org_level, {{ member_place }} as org_id, student_key, as_of_date,
        period_start, period_end, 1 as member_count, 0 as dropout_count
    from places
    where is_member = 1
    union all
    select authority, school_year, '{{ level }}', {{ dropout_place }}, student_key, as_of_date,
        period_start, period_end, 0, 1
    from places
    where is_dropout = 1
    {%- endfor %}
),

student_rows as (
    select
        authority, school_year, org_level, org_id, student_key, min(as_of_date) as as_of_date,
        min(period_start) as period_start, max(period_end) as period_end, 1 as student_count, 0 as n_missing,
        sum(dropout_count) as numerator, sum(member_count) as denominator
    from appearances
    group by authority, school_year, org_level, org_id, student_key
),

{{ disaggregate('student_rows', 'I14', 1, 'rate', 'dropout', has_own_period=true) }}
