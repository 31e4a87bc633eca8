{%- set types = breakdown_columns() | select('in', ['grade_level_code'] + var('published_breakdowns')) | list -%}
-- Each student once a checkpoint: at two schools of a district the numbers are the same, of two districts the longer tells.
with ranked as (
    select
        *,
        row_number() over (
            partition by student_key, school_year, checkpoint
            order by days_enrolled desc nulls last, lea_id, school_id, delivery_key
        ) as preference
    from {{ ref('fct_early_warning') }}
    where checkpoint is not null
),

known as (
    select
        w.school_year, w.checkpoint, w.as_of_date, w.lea_id, w.days_enrolled, w.days_absent, w.days_enrolled_last_20,
        w.days_absent_last_20, w.suspension_count_term, w.suspension_count_year, w.referral_count_term,
        w.failed_core_count, w.failed_english_mathematics_count, w.is_flag_a, w.is_flag_b, w.is_flag_c, w.level,
        w.known_flag_count, o.is_off_track_or_dropout, u.{{ types | join(', u.') }}
    from ranked as w
    inner join {{ ref('fct_early_warning_outcome') }} as o
        on w.student_key = o.student_key and w.school_year = o.school_year
    inner join {{ ref('dim_student_year') }} as u on w.student_key = u.student_key and w.school_year = u.school_year
    where w.preference = 1
),

-- Every threshold alone, whether used or a candidate; then the flags as used, and their number.
warned as (
    select k.*, 'threshold' as rule_kind, t.threshold_id as rule, {{ meets_threshold('k', 't') }} as is_warned
    from known as k
    inner join {{ ref('early_warning_thresholds') }} as t on {{ holds_on('t', 'k.as_of_date') }}
    {%- for flag in ['a', 'b', 'c'] %}
    union all
    select k.*, 'flag', 'flag_{{ flag }}', is_flag_{{ flag }} from known as k
    {%- endfor %}
    {%- for level in [1, 2, 3] %}
    union all
    select k.*, 'level', 'level_{{ level }}_or_more', case when known_flag_count > 0 then level >= {{ level }} end
    from known as k
    {%- endfor %}
),

profiles as (
    select
        school_year, checkpoint, rule_kind, rule, lea_id, {{ types | join(', ') }},
        count(*) as enrolled_count,
        count(*) filter (where is_warned is not null and is_off_track_or_dropout is not null) as student_count,
        count(*) filter (where is_warned and is_off_track_or_dropout is not null) as warned_count,
        count(*) filter (where is_warned is not null and is_off_track_or_dropout = 1) as outcome_count,
        count(*) filter (where is_warned and is_off_track_or_dropout = 1) as warned_outcome_count
    from warned
    group by school_year, checkpoint, rule_kind, rule, lea_id, {{ types | join(', ') }}
),

counted as (
    {%- for type in ['all'] + types %}
    {%- for level in ['lea', 'state'] %}
    {% if not (loop.first and type == 'all') %}union all{% endif %}
    select
        school_year, checkpoint, rule_kind, rule, '{{ level }}' as org_level,
        {{ 'lea_id' if level == 'lea' else 'cast(null as varchar)' }} as lea_id, '{{ 'grade' if type == 'grade_level_code' else type }}' as disaggregate_type,
        {{ "'All'" if type == 'all' else type }} as disaggregate_value,
        sum(enrolled_count) as enrolled_count, sum(student_count) as student_count, sum(warned_count) as warned_count,
        sum(outcome_count) as outcome_count, sum(warned_outcome_count) as warned_outcome_count
    from profiles
    group by school_year, checkpoint, rule_kind, rule
        {{- ', lea_id' if level == 'lea' }}{{ '' if type == 'all' else ', ' ~ type }}
    {%- endfor %}
    {%- endfor %}
)

select
    cast(c.school_year as integer) as school_year,
    cast(c.checkpoint as varchar) as checkpoint,
    cast(c.rule_kind as varchar) as rule_kind,
    cast(c.rule as varchar) as rule,
    cast(c.org_level as varchar) as org_level,
    cast(c.lea_id as varchar) as lea_id,
    cast(c.disaggregate_type as varchar) as disaggregate_type,
    cast(c.disaggregate_value as varchar) as disaggregate_value,
    cast(c.student_count as bigint) as student_count,
    cast(c.enrolled_count - c.student_count as bigint) as n_missing,
    cast(c.warned_count as bigint) as warned_count,
    cast(c.outcome_count as bigint) as outcome_count,
    cast(c.warned_outcome_count as bigint) as warned_outcome_count,
    {{ exact_ratio('c.warned_outcome_count', 'c.outcome_count') }} as sensitivity,
    {{ exact_ratio('c.warned_outcome_count', 'c.warned_count') }} as precision,
    {{ exact_ratio('c.outcome_count', 'c.student_count') }} as base_rate
from counted as c
