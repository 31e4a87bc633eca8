{%- set figure = ['indicator_id', 'authority', 'school_year', 'disaggregate_type', 'disaggregate_value'] -%}
with figures as (
    {%- for model in resource_models() %}
    {% if not loop.first %}union all{% endif %}
    select
        {{ figure | join(', ') }}, org_level, org_id, lea_id, unit, cast(numerator as decimal(18, 2)) as numerator,
        cast(denominator as decimal(18, 2)) as denominator, value, student_count as counted, n_missing, coverage_rate,
        status, as_of_date
    from {{ ref(model) }}
    {%- endfor %}
)

select
    cast(f.lea_id as varchar) as lea_id,
    cast(case when f.org_level = 'school' then f.org_id end as varchar) as school_id,
    cast(f.org_level as varchar) as org_level,
    cast(f.org_id as varchar) as org_id,
    cast(o.org_name as varchar) as org_name,
    f.{{ figure | join(', f.') }}, f.unit, f.numerator, f.denominator, f.value,
    -- The state's figure without its numbers: they hold those of other districts.
    d.value as lea_value, s.value as state_value,
    f.counted, f.n_missing, f.coverage_rate, f.status, f.as_of_date
from figures as f
inner join {{ ref('dim_organization') }} as o on f.org_level = o.org_level and f.org_id = o.org_id
{%- for other, level in [('d', 'lea'), ('s', 'state')] %}
left join figures as {{ other }}
    on {{ other }}.org_level = '{{ level }}'{% if level == 'lea' %} and {{ other }}.org_id = f.lea_id{% endif %}
    {%- for column in figure %}
    and f.{{ column }} = {{ other }}.{{ column }}
    {%- endfor %}
{%- endfor %}
where f.org_level in ('lea', 'school') and f.lea_id is not null
