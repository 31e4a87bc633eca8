{%- set keys = ['indicator_id', 'authority', 'school_year', 'org_level', 'org_id', 'period_start'] -%}
{%- set counts = ['numerator', 'denominator', 'student_count'] -%}
with figures as (
    select
        indicator_table, indicator_id, authority, school_year, org_level, org_id, org_name, lea_id, disaggregate_type,
        disaggregate_value, cast(numerator as bigint) as numerator, cast(denominator as bigint) as denominator,
        student_count, n_missing, period_type, period_start, period_end, status, as_of_date,
        -- Also in a crossing: White x Missing.
        ' x ' || disaggregate_value || ' x ' like '% x Missing x %' as is_unknown
    from {{ ref('state_indicators') }}
    -- Breakdowns that are no groups of students (routes, staff roles) are kinds of things, not one against the rest.
    where unit = 'rate' and disaggregate_type in ('all', '{{ var("breakdowns") | join("', '") }}')
),

sums as (
    select
        {{ keys | join(', ') }}, disaggregate_type
        {%- for count in counts %},
        cast(sum({{ count }}) as bigint) as {{ count }},
        cast(coalesce(sum({{ count }}) filter (where not is_unknown), 0) as bigint) as known_{{ count }}
        {%- endfor %}
    from figures
    group by {{ keys | join(', ') }}, disaggregate_type
),

compared as (
    select
        f.*
        {%- for count in counts %},
        s.known_{{ count }} - f.{{ count }} as rest_{{ count }}
        {%- endfor %},
        -- Where the groups do not add up to all, what is left of the sum without a group is not the figure of the rest.
        s.numerator = a.numerator and s.denominator = a.denominator and s.student_count = a.student_count as adds_up
    from figures as f
    inner join sums as s on f.disaggregate_type = s.disaggregate_type
        {%- for key in keys %} and f.{{ key }} = s.{{ key }}{% endfor %}
    inner join sums as a on a.disaggregate_type = 'all'
        {%- for key in keys %} and f.{{ key }} = a.{{ key }}{% endfor %}
    where f.disaggregate_type <> 'all' and not f.is_unknown and (f.denominator > 0 or f.n_missing > 0)
),

explained as (
    select
        c.*, d.direction, cast(c.numerator as double) / nullif(c.denominator, 0) as p,
        cast(c.rest_numerator as double) / nullif(c.rest_denominator, 0) as q,
        case
            when c.denominator = 0 then 'no_data'
            when not coalesce(c.adds_up, false) then 'does_not_add_up'
            when least(c.student_count, c.denominator) < {{ var('gap_minimum_students') }} then 'group_too_small'
            when least(c.rest_student_count, c.rest_denominator) < {{ var('gap_minimum_students') }} then 'rest_too_small'
            -- A share above one counts something else, whether or not its definition says so.
            when not d.counts_students or c.numerator > c.denominator or c.rest_numerator > c.rest_denominator
                then 'counts_days_or_moves'
        end as reason
    from compared as c
    inner join {{ ref('dim_indicator') }} as d on c.indicator_table = d.indicator_table
),

bounded as (
    select
        e.*, cast(e.numerator as hugeint) * e.rest_denominator - cast(e.rest_numerator as hugeint) * e.denominator as cross_difference
        {%- for name, numerator, denominator in [('p', 'numerator', 'denominator'), ('q', 'rest_numerator', 'rest_denominator')] %}
        {%- for bound, sign in [('lower', '-'), ('upper', '+')] %},
        case when e.reason is null then {{ wilson_bound('e.' ~ numerator, 'e.' ~ denominator, sign) }} end as {{ name }}_{{ bound }}
        {%- endfor %}
        {%- endfor %}
    from explained as e
),

stated as (
    select
        b.*,
        case when b.reason is null or b.reason = 'counts_days_or_moves' then
            {{ exact_ratio('abs(b.cross_difference)', '(cast(b.denominator as hugeint) * b.rest_denominator)') }}
            * sign(b.cross_difference)
        end as gap,
        {{ newcombe_bound('b.p', 'b.p_lower', 'b.q', 'b.q_upper', '-') }} as lower_ci,
        {{ newcombe_bound('b.p', 'b.p_upper', 'b.q', 'b.q_lower', '+') }} as upper_ci
    from bounded as b
)

select
    cast(s.indicator_table as varchar) as indicator_table,
    cast(s.indicator_id as varchar) as indicator_id,
    cast(s.authority as varchar) as authority,
    cast(s.school_year as integer) as school_year,
    cast(s.org_level as varchar) as org_level,
    cast(s.org_id as varchar) as org_id,
    cast(s.org_name as varchar) as org_name,
    cast(s.lea_id as varchar) as lea_id,
    cast(s.disaggregate_type as varchar) as disaggregate_type,
    cast(s.disaggregate_value as varchar) as disaggregate_value,
    cast(s.numerator as bigint) as numerator,
    cast(s.denominator as bigint) as denominator,
    cast(s.student_count as bigint) as student_count,
    cast(s.n_missing as bigint) as n_missing,
    {{ exact_ratio('s.numerator', 's.denominator') }} as value,
    cast(s.rest_numerator as bigint) as rest_numerator,
    cast(s.rest_denominator as bigint) as rest_denominator,
    cast(s.rest_student_count as bigint) as rest_student_count,
    {{ exact_ratio('s.rest_numerator', 's.rest_denominator') }} as rest_value,
    cast(s.gap as decimal(18, 6)) as gap,
    s.lower_ci,
    s.upper_ci,
    s.lower_ci > 0 or s.upper_ci < 0 as excludes_zero,
    cast(s.direction as varchar) as direction,
    cast(case
        when s.lower_ci is null or s.direction not in ('higher is better', 'lower is better') then null
        when s.lower_ci <= 0 and s.upper_ci >= 0 then 'not_told_apart'
        when {{ is_better('s.gap', 's.direction') }} then 'better'
        else 'worse'
    end as varchar) as group_fares,
    cast(s.reason as varchar) as reason,
    cast(s.period_type as varchar) as period_type,
    cast(s.period_start as date) as period_start,
    cast(s.period_end as date) as period_end,
    cast(s.status as varchar) as status,
    cast(s.as_of_date as date) as as_of_date
from stated as s
