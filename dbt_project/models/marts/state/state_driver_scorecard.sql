{%- set figure = ['indicator_id', 'authority', 'disaggregate_type', 'disaggregate_value'] -%}
with signs as (
    {%- for driver in drivers() %}
    {% if not loop.first %}union all{% endif %}
    select '{{ driver }}' as driver, * from {{ ref('dim_indicator') }} where is_{{ driver }}
    {%- endfor %}
),

has_figure_of_all as (
    select distinct indicator_id from {{ ref('state_indicators') }} where disaggregate_type = 'all'
),

-- Of a year told by the week, what its last week told.
yearly as (
    select
        s.indicator_table, s.{{ figure | join(', s.') }}, s.school_year, s.org_level, s.org_id, s.value, s.student_count,
        s.n_missing, s.coverage_rate, s.unit,
        row_number() over (
            partition by s.{{ figure | join(', s.') }}, s.school_year, s.org_level, s.org_id
            order by s.period_end desc, s.period_start desc
        ) as preference
    from {{ ref('state_indicators') }} as s
    left join has_figure_of_all as a on s.indicator_id = a.indicator_id
    where s.value is not null and (s.disaggregate_type = 'all' or a.indicator_id is null)
),

figures as (
    select * from yearly where preference = 1
),

latest as (
    select indicator_table, {{ figure | join(', ') }}, max(school_year) as school_year
    from figures
    group by indicator_table, {{ figure | join(', ') }}
),

schools as (
    select f.*
    from figures as f
    inner join latest as l on f.school_year = l.school_year
        {%- for key in figure %} and f.{{ key }} = l.{{ key }}{% endfor %}
    where f.org_level = 'school'
),

school_counts as (
    select
        {{ figure | join(', ') }}, count(*) as school_count, sum(student_count) as student_count,
        sum(student_count + n_missing) as eligible_count
    from schools
    group by {{ figure | join(', ') }}
),

pairs as (
    {%- for name, outcome in outcomes().items() %}
    {% if not loop.first %}union all{% endif %}
    select '{{ name }}' as outcome, s.{{ figure | join(', s.') }}, s.value as x, o.value as y
    from schools as s
    inner join figures as o on s.school_year = o.school_year and s.org_id = o.org_id
    where o.org_level = 'school' and o.disaggregate_type = 'all' and o.indicator_id = '{{ outcome.indicator_id }}'
        and o.authority = '{{ outcome.authority }}' and not {{ is_outcome('s.indicator_id') }}
    {%- endfor %}
),

-- Twice the rank, ties sharing the middle of theirs, is a whole number: sums of it are the same in every order.
ranked as (
    select
        outcome, {{ figure | join(', ') }}
        {%- for side in ['x', 'y'] %},
        2 * rank() over (partition by outcome, {{ figure | join(', ') }} order by {{ side }})
            + count(*) over (partition by outcome, {{ figure | join(', ') }}, {{ side }}) - 1 as {{ side }}
        {%- endfor %}
    from pairs
),

summed as (
    select
        outcome, {{ figure | join(', ') }}, count(*) as school_count,
        cast(count(*) * sum(x * y) - sum(x) * sum(y) as double) as covariance,
        cast(count(*) * sum(x * x) - sum(x) * sum(x) as double) as x_variance,
        cast(count(*) * sum(y * y) - sum(y) * sum(y) as double) as y_variance
    from ranked
    group by outcome, {{ figure | join(', ') }}
),

associations as (
    select
        {{ figure | join(', ') }}
        {%- for name in outcomes() %},
        max(school_count) filter (where outcome = '{{ name }}') as schools_{{ name }},
        max(case when school_count >= {{ var('association_minimum_schools') }} and x_variance > 0 and y_variance > 0
            then cast(covariance / (sqrt(x_variance) * sqrt(y_variance)) as decimal(6, 4)) end
        ) filter (where outcome = '{{ name }}') as association_{{ name }}
        {%- endfor %}
    from summed
    group by {{ figure | join(', ') }}
)

select
    cast(d.driver as varchar) as driver,
    cast(case when {{ is_outcome('d.definition_id') }} then 'outcome' else 'driver' end as varchar) as role,
    cast(d.indicator_table as varchar) as indicator_table,
    cast(coalesce(l.indicator_id, d.definition_id) as varchar) as indicator_id,
    cast(d.title as varchar) as title,
    cast(d.direction as varchar) as direction,
    cast(l.authority as varchar) as authority,
    cast(l.disaggregate_type as varchar) as disaggregate_type,
    cast(l.disaggregate_value as varchar) as disaggregate_value,
    cast(case when l.indicator_id is null then 'no data' else 'reported' end as varchar) as reporting_status,
    cast(l.school_year as integer) as school_year,
    cast(n.unit as varchar) as unit,
    cast(n.value as decimal(18, 6)) as state_value,
    cast(b.value as decimal(18, 6)) as state_value_before,
    cast(n.value - b.value as decimal(18, 6)) as change,
    cast(case
        when n.value = b.value then 'unchanged'
        when {{ is_better('n.value - b.value', 'd.direction') }} then 'better'
        when not {{ is_better('n.value - b.value', 'd.direction') }} then 'worse'
    end as varchar) as trend,
    cast(coalesce(n.coverage_rate, {{ exact_ratio('c.student_count', 'c.eligible_count') }}) as decimal(18, 6)) as coverage_rate,
    cast(case when l.indicator_id is not null then coalesce(c.school_count, 0) end as bigint) as school_count
    {%- for name in outcomes() %},
    cast(a.schools_{{ name }} as bigint) as schools_{{ name }},
    a.association_{{ name }}
    {%- endfor %}
from signs as d
left join latest as l on d.indicator_table = l.indicator_table
left join figures as n on n.org_level = 'state' and l.school_year = n.school_year
    {%- for key in figure %} and l.{{ key }} = n.{{ key }}{% endfor %}
left join figures as b on b.org_level = 'state' and l.school_year - 1 = b.school_year
    {%- for key in figure %} and l.{{ key }} = b.{{ key }}{% endfor %}
left join school_counts as c on l.indicator_id = c.indicator_id
    {%- for key in figure[1:] %} and l.{{ key }} = c.{{ key }}{% endfor %}
left join associations as a on l.indicator_id = a.indicator_id
    {%- for key in figure[1:] %} and l.{{ key }} = a.{{ key }}{% endfor %}
