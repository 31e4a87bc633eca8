{#
    What figures are broken down by: the variable `breakdowns`, each a column of dim_student_year or, with " x " between
    them, a crossing of several. Returns {type, parts}, `parts` being {type, column}.
#}
{% macro breakdowns() %}
    {%- set found = [] -%}
    {%- for type in ['all'] + var('breakdowns') -%}
        {%- set parts = [] -%}
        {%- for part in type.split(' x ') -%}
            {%- do parts.append({'type': part, 'column': {'all': "'All'", 'grade': 'grade_level_code'}.get(part, part)}) -%}
        {%- endfor -%}
        {%- do found.append({'type': type, 'parts': parts}) -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{# The columns of dim_student_year that the breakdowns read. #}
{% macro breakdown_columns() %}
    {{ return(breakdowns() | map(attribute='parts') | sum(start=[]) | map(attribute='column') | unique
        | reject('equalto', "'All'") | list) }}
{% endmacro %}

{# The value of one breakdown for a student. #}
{% macro breakdown_value(breakdown) -%}
    {{ breakdown.parts | map(attribute='column') | join(" || ' x ' || ") }}
{%- endmacro %}

{#
    Every value of every breakdown with its words: those of the seed, and for a crossing each combination of them. The list
    is fixed, so that a group without students is a row with zero, not a row that is not there.
#}
{% macro breakdown_values() -%}
    {%- for breakdown in breakdowns() %}
    {% if not loop.first %}union all{% endif %}
    select
        '{{ breakdown.type }}' as disaggregate_type,
        {% for part in breakdown.parts %}v{{ loop.index }}.disaggregate_value{{ " || ' x ' || " if not loop.last }}{% endfor %} as disaggregate_value,
        {% for part in breakdown.parts %}v{{ loop.index }}.label{{ " || ', ' || " if not loop.last }}{% endfor %} as label,
        {% for part in breakdown.parts %}v{{ loop.index }}.sort_order{{ " * 1000 + " if not loop.last }}{% endfor %} as sort_order
    from {{ ref('subgroup_values') }} as v1
    {%- for part in breakdown.parts[1:] %}
    inner join {{ ref('subgroup_values') }} as v{{ loop.index + 1 }} on v{{ loop.index + 1 }}.disaggregate_type = '{{ part.type }}'
    {%- endfor %}
    where v1.disaggregate_type = '{{ breakdown.parts[0].type }}'
    {%- endfor %}
{%- endmacro %}

{# Whether the privacy step is given rows of this breakdown. #}
{% macro is_published_breakdown(disaggregate_type) -%}
    {{ disaggregate_type }} in ('all', '{{ var("published_breakdowns") | join("', '") }}')
{%- endmacro %}

{#
    From student rows to indicator rows, every organization by every subgroup value, zeros included.

    `student_rows` is a CTE with one row per authority, school_year, org_level, org_id and student_key, and the columns
    student_count, numerator, denominator, n_missing (whole numbers or null) and as_of_date. Students are first summed by
    whole profile, so the subgroup dimensions are spread over profiles, not over students.

    `collection` is whose status (provisional, final …) the figures have. A figure is about July 1 to June 30 of its
    school year unless it `has_own_period`; `student_rows` then carries period_start and period_end. `described_by` is the
    relation that says who each student is, one row per student_key and school_year. `number_type` is as in row_contract.
#}
{% macro disaggregate(student_rows, indicator_id, version, unit, collection, period_type='school_year', has_own_period=false, described_by=none, number_type='bigint') -%}
{%- set columns = breakdown_columns() -%}
profiles as (
    select
        r.authority, r.school_year, r.org_level, r.org_id, s.{{ columns | join(', s.') }},
        sum(r.student_count) as student_count, sum(r.numerator) as numerator, sum(r.denominator) as denominator,
        sum(r.n_missing) as n_missing
    from {{ student_rows }} as r
    inner join {{ described_by or ref('dim_student_year') }} as s
        on r.student_key = s.student_key and r.school_year = s.school_year
    group by r.authority, r.school_year, r.org_level, r.org_id, s.{{ columns | join(', s.') }}
),

dimensions as (
    select distinct disaggregate_type from {{ ref('dim_subgroup') }}
),

spread as (
    select
        p.authority, p.school_year, p.org_level, p.org_id, d.disaggregate_type,
        case d.disaggregate_type
            {%- for breakdown in breakdowns() %}
            when '{{ breakdown.type }}' then {{ breakdown_value(breakdown) }}
            {%- endfor %}
        end as disaggregate_value,
        p.student_count, p.numerator, p.denominator, p.n_missing
    from profiles as p
    cross join dimensions as d
),

counted as (
    select
        authority, school_year, org_level, org_id, disaggregate_type, disaggregate_value,
        sum(student_count) as student_count, sum(numerator) as numerator, sum(denominator) as denominator,
        sum(n_missing) as n_missing
    from spread
    group by authority, school_year, org_level, org_id, disaggregate_type, disaggregate_value
),

{{ figures_of_every_group(student_rows, has_own_period,
    'null as numerator, null as denominator' if unit == 'count'
    else 'coalesce(c.numerator, 0) as numerator, coalesce(c.denominator, 0) as denominator') }}

{{ row_contract('figures', indicator_id, version, unit, collection, period_type, number_type) }}
{%- endmacro %}

{#
    The last two CTEs of `disaggregate` and its median: every organization with students by every subgroup, with what
    `counted` holds of it. `numbers` are the columns taken from `counted` as c beside the two counts.
#}
{% macro figures_of_every_group(student_rows, has_own_period, numbers) -%}
organizations_with_students as (
    -- The figures of an organization are complete through the earliest date any of its rows is counted through.
    select
        authority, school_year, org_level, org_id, min(as_of_date) as as_of_date,
        {{ 'min(period_start)' if has_own_period else 'make_date(school_year - 1, 7, 1)' }} as period_start,
        {{ 'max(period_end)' if has_own_period else 'make_date(school_year, 6, 30)' }} as period_end
    from {{ student_rows }}
    group by authority, school_year, org_level, org_id
),

figures as (
    select
        o.authority, o.school_year, o.org_level, o.org_id, g.parent_org_id, g.lea_id, v.disaggregate_type,
        v.disaggregate_value, {{ numbers }}, coalesce(c.student_count, 0) as student_count,
        coalesce(c.n_missing, 0) as n_missing, o.as_of_date, o.period_start, o.period_end
    from organizations_with_students as o
    inner join {{ ref('dim_organization') }} as g on o.org_level = g.org_level and o.org_id = g.org_id
    cross join {{ ref('dim_subgroup') }} as v
    left join counted as c
        on o.authority = c.authority and o.school_year = c.school_year
        and o.org_level = c.org_level and o.org_id = c.org_id
        and v.disaggregate_type = c.disaggregate_type and v.disaggregate_value = c.disaggregate_value
)
{%- endmacro %}

{#
    The row contract of every indicator, from a CTE with one row per authority, school_year, organization and subgroup:
    authority, school_year, org_level, org_id, parent_org_id, lea_id, disaggregate_type, disaggregate_value, numerator,
    denominator, student_count, n_missing, as_of_date, period_start, period_end, and `value` where it is not the ratio of the
    two numbers (a median) and `has_value` says so.

    `unit`: rate, mean, median, ratio, count, usd or index. Of a count, student_count is the value. `number_type` is
    decimal(18, 2) where numerator or denominator are dollars, points or full-time equivalents, which have hundredths; the
    numerator may then be negative (a loss of points).
#}
{% macro row_contract(figures, indicator_id, version, unit, collection, period_type='school_year', number_type='bigint', has_value=false) -%}
select
    cast('{{ indicator_id }}' as varchar) as indicator_id,
    cast({{ version }} as integer) as indicator_version,
    cast(f.authority as varchar) as authority,
    cast(f.school_year as integer) as school_year,
    cast(f.org_level as varchar) as org_level,
    cast(f.org_id as varchar) as org_id,
    cast(f.parent_org_id as varchar) as parent_org_id,
    cast(f.lea_id as varchar) as lea_id,
    cast(f.disaggregate_type as varchar) as disaggregate_type,
    cast(f.disaggregate_value as varchar) as disaggregate_value,
    cast(f.numerator as {{ number_type }}) as numerator,
    cast(f.denominator as {{ number_type }}) as denominator,
    cast(f.student_count as bigint) as student_count,
    cast(f.n_missing as bigint) as n_missing,
    cast('{{ unit }}' as varchar) as unit,
    cast(f.as_of_date as date) as as_of_date,
    {% if has_value %}cast(f.value as decimal(18, 6))
    {%- elif unit == 'count' %}cast(f.student_count as decimal(18, 6))
    {%- elif number_type == 'bigint' %}{{ exact_ratio('f.numerator', 'f.denominator') }}
    {%- else %}{{ exact_ratio('cast(abs(f.numerator) * 100 as hugeint)', 'cast(f.denominator * 100 as hugeint)') }} * sign(f.numerator)
    {%- endif %} as value,
    {{ exact_ratio('f.student_count', '(f.student_count + f.n_missing)') }} as coverage_rate,
    cast(coalesce(s.status, 'provisional') as varchar) as status,
    cast('{{ period_type }}' as varchar) as period_type,
    cast(f.period_start as date) as period_start,
    cast(f.period_end as date) as period_end
from {{ figures }} as f
left join {{ ref('collection_status') }} as s on s.collection = '{{ collection }}' and f.school_year = s.school_year
{%- endmacro %}

{#
    From student rows to medians: as `disaggregate`, for rows that carry a number `measure` (null: missing). Every subgroup value
    of every organization has a row; the value is the median of its measures (of two middle ones their mean, to six places),
    numerator and denominator are null, student_count is how many have a measure and n_missing how many have none.
#}
{% macro disaggregate_median(student_rows, indicator_id, version, unit, collection, period_type='school_year', has_own_period=false, described_by=none) -%}
{%- set columns = breakdown_columns() -%}
described_rows as (
    select
        r.authority, r.school_year, r.org_level, r.org_id, r.measure, s.{{ columns | join(', s.') }}
    from {{ student_rows }} as r
    inner join {{ described_by or ref('dim_student_year') }} as s
        on r.student_key = s.student_key and r.school_year = s.school_year
),

counted as (
    {%- for breakdown in breakdowns() %}
    {% if not loop.first %}union all{% endif %}
    select
        authority, school_year, org_level, org_id, '{{ breakdown.type }}' as disaggregate_type,
        {{ breakdown_value(breakdown) }} as disaggregate_value, count(measure) as student_count,
        count(*) - count(measure) as n_missing, median(measure) as value
    from described_rows
    group by authority, school_year, org_level, org_id, {{ breakdown_value(breakdown) }}
    {%- endfor %}
),

{{ figures_of_every_group(student_rows, has_own_period, 'null as numerator, null as denominator, c.value') }}

{{ row_contract('figures', indicator_id, version, unit, collection, period_type, has_value=true) }}
{%- endmacro %}

{#
    Figures about organizations, not students: staff, money, buses. `organization_rows` is a CTE with one row per authority,
    school_year, org_level, org_id, disaggregate_type and disaggregate_value ('all', 'All' for the whole), and the columns
    numerator, denominator, student_count (what the figure counts: teachers, runs; null where nothing is counted), n_missing,
    as_of_date, and `value` where it has_value; period_start and period_end where the figure has_own_period. Only what the
    sources hold has a row: no data is no row, never zero.
#}
{% macro organization_figures(organization_rows, indicator_id, version, unit, collection, period_type='school_year', number_type='decimal(18, 2)', has_value=false, has_own_period=false) -%}
figures as (
    select
        r.*, g.parent_org_id, g.lea_id
        {%- if not has_own_period %},
        make_date(r.school_year - 1, 7, 1) as period_start, make_date(r.school_year, 6, 30) as period_end
        {%- endif %}
    from {{ organization_rows }} as r
    inner join {{ ref('dim_organization') }} as g on r.org_level = g.org_level and r.org_id = g.org_id
)

{{ row_contract('figures', indicator_id, version, unit, collection, period_type, number_type, has_value) }}
{%- endmacro %}

{# One row per authority: the named parameters of an indicator as columns, with the school years they hold for. #}
{% macro parameters_of(indicator_id, names) -%}
    select
        authority, first_school_year, last_school_year
        {%- for name in names %},
        max(value) filter (where parameter = '{{ name }}') as {{ name }}
        {%- endfor %}
    from {{ ref('indicator_parameters') }}
    where indicator_id = '{{ indicator_id }}'
    group by authority, first_school_year, last_school_year
{%- endmacro %}

{% macro holds_in(parameters, school_year) -%}
    ({{ school_year }} >= coalesce({{ parameters }}.first_school_year, 0)
    and {{ school_year }} <= coalesce({{ parameters }}.last_school_year, 9999))
{%- endmacro %}

{# Each row of `members` once for its school, its district and the state, with the columns named. #}
{% macro at_every_level(members, columns) %}
    {%- for level in ['school', 'lea', 'state'] %}
    {% if not loop.first %}union all{% endif %}
    select '{{ level }}' as org_level, {{ "s.org_id" if level == 'state' else 'm.' ~ level ~ '_id' }} as org_id, m.{{ columns | join(', m.') }}
    from {{ members }} as m
    {%- if level == 'state' %}
    inner join {{ ref('dim_organization') }} as s on s.org_level = 'state'
    {%- else %}
    where m.{{ level }}_id is not null
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
