{#
    The CTEs from which a growth figure of one subject is made: `parameters`, `student_rows` (the measure of each student
    of the full academic year at the school, the district and the state) and `described`. `measure` is a whole number of
    fct_student_growth (as g) or null.
#}
{% macro growth_rows(subject, measure, where='true') -%}
parameters as (
    {{ parameters_of('I08', ['requires_full_year', 'scale_is_vertical', 'minimum_n']) }}
),

students as (
    select
        p.authority, p.requires_full_year, g.*, {{ measure }} as measure,
        coalesce({{ measure }}, 0) as numerator,
        case when {{ measure }} is null then 0 else 1 end as denominator,
        case when {{ measure }} is null then 0 else 1 end as student_count,
        case when {{ measure }} is null then 1 else 0 end as n_missing
    from {{ ref('fct_student_growth') }} as g
    inner join parameters as p on {{ holds_in('p', 'g.school_year') }}
    where g.subject = '{{ subject }}' and g.exclusion_reason is null and {{ where }}
),

student_rows as (
    {{- at_each_level('students', ['measure', 'numerator', 'denominator', 'student_count', 'n_missing'],
        'r.requires_full_year = 0 or r.is_full_year_{level}') }}
),

described as (
    {{ described_at_test(subject) }}
)
{%- endmacro %}

{# The rows of `counted` (as f) with their own numerator and value; no value of fewer students than minimum_n. #}
{% macro growth_figures(numerator, value, joins='') -%}
figures as (
    select
        f.authority, f.school_year, f.org_level, f.org_id, f.parent_org_id, f.lea_id, f.disaggregate_type,
        f.disaggregate_value, {{ numerator }} as numerator, f.denominator, f.student_count, f.n_missing,
        case when f.student_count >= p.minimum_n then {{ value }} end as value,
        f.as_of_date, f.period_start, f.period_end
    from counted as f
    inner join parameters as p on f.authority = p.authority and {{ holds_in('p', 'f.school_year') }}
    {{ joins }}
)
{%- endmacro %}

{# The mean of so many numbers whose sum is given in whole units of 1/`units`, which may be negative. Exact to six places. #}
{% macro mean_of(total, count, units) -%}
    case when {{ count }} > 0 then sign({{ total }})
        * {{ half_up('cast(abs(' ~ total ~ ') as hugeint) * ' ~ (1000000 // units), count) }} * cast(0.000001 as decimal(7, 6))
    end
{%- endmacro %}

{# How far the mean of a group is believed, 0 to 1: the fewer students, the less. Null where the variances are unknown. #}
{% macro shrinkage(between_variance, within_variance, student_count) -%}
    case when {{ between_variance }} = 0 then 0
        else {{ between_variance }} / ({{ between_variance }} + {{ within_variance }} / {{ student_count }}) end
{%- endmacro %}

{# How often one whole number goes into another, for a at or above 0 and b above 0; spelled differently on every engine. #}
{% macro whole_quotient(a, b) -%}
    {{ return(adapter.dispatch('whole_quotient')(a, b)) }}
{%- endmacro %}

{% macro default__whole_quotient(a, b) -%} ({{ a }} // {{ b }}) {%- endmacro %}

{% macro spark__whole_quotient(a, b) -%} ({{ a }} div {{ b }}) {%- endmacro %}
