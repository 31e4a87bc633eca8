{# So many whole months after a date (the last day of the month where it has no such day). #}
{% macro add_months(date, months) -%}
    {{ return(adapter.dispatch('add_months')(date, months)) }}
{%- endmacro %}

{% macro default__add_months(date, months) -%} cast({{ date }} + to_months(cast({{ months }} as integer)) as date) {%- endmacro %}

{% macro spark__add_months(date, months) -%} add_months({{ date }}, {{ months }}) {%- endmacro %}

{# Calendar quarters counted through, so that the second quarter after one is two more. #}
{% macro quarter_number(date) -%}
    cast(extract(year from {{ date }}) * 4 + (extract(month from {{ date }}) - 1) // 3 as integer)
{%- endmacro %}

{#
    Who students were when they were last in school: of each student_key and school_year of `members` the latest year of
    dim_student_year up to it. Whoever was never described there is `Missing` in every breakdown, and counts nonetheless.
#}
{% macro described_when_last_known(members) %}
    select
        student_key, school_year
        {%- for column in breakdown_columns() %}, coalesce({{ column }}, 'Missing') as {{ column }}{% endfor %}
    from (
        select
            m.student_key, m.school_year, u.{{ breakdown_columns() | join(', u.') }},
            row_number() over (
                partition by m.student_key, m.school_year order by u.school_year desc nulls last
            ) as recency
        from (select distinct student_key, school_year from {{ members }}) as m
        left join {{ ref('dim_student_year') }} as u
            on m.student_key = u.student_key and u.school_year <= m.school_year
    ) as years_known
    where recency = 1
{%- endmacro %}

{#
    The rows of an indicator about people who have left school, from `members`: a CTE with one row per authority,
    school_year and student_key and the columns school_id, lea_id, student_count, numerator, denominator, n_missing,
    as_of_date, period_start and period_end.
#}
{% macro figures_of_leavers(members, indicator_id, unit, collection, period_type='cohort') -%}
described as (
    {{- described_when_last_known(members) }}
),

student_rows as (
    {{- at_every_level(members, ['authority', 'school_year', 'student_key', 'student_count', 'numerator', 'denominator',
        'n_missing', 'as_of_date', 'period_start', 'period_end']) }}
),

{{ disaggregate('student_rows', indicator_id, 1, unit, collection, period_type=period_type, has_own_period=true,
    described_by='described') }}
{%- endmacro %}

{# Diplomas and completers of some kinds (`counts_as` of the seed diploma_rules): the rows of one indicator. #}
{% macro completers(indicator_id, kinds) -%}
with members as (
    select
        'edfacts' as authority, school_year, student_key, school_id, lea_id, as_of_date,
        period_start, period_end, 1 as student_count, null as numerator, null as denominator, 0 as n_missing
    from {{ ref('fct_high_school_completion') }}
    where exclusion_reason is null and counts_as in ('{{ kinds | join("', '") }}')
),

{{ figures_of_leavers('members', indicator_id, 'count', 'graduation', period_type='school_year') }}
{%- endmacro %}

{#
    College enrolment of regular graduates within a window: the rows of one indicator. Of whom nothing is known is in the
    denominator where the authority says so (FS160 counts every graduate), and in n_missing always.
#}
{% macro college_enrollment(indicator_id, window_name) -%}
with parameters as (
    {{ parameters_of(indicator_id, ['counts_no_information']) }}
),

members as (
    select
        p.authority, c.school_year, c.student_key, c.school_id, c.lea_id, c.as_of_date,
        c.diploma_date as period_start, c.window_end as period_end,
        case when c.enrollment_status = 'no_information' then 0 else 1 end as student_count,
        case when c.enrollment_status = 'enrolled' then 1 else 0 end as numerator,
        case when c.enrollment_status <> 'no_information' or p.counts_no_information = 1 then 1 else 0 end as denominator,
        case when c.enrollment_status = 'no_information' then 1 else 0 end as n_missing
    from {{ ref('fct_college_enrollment_window') }} as c
    inner join parameters as p on {{ holds_in('p', 'c.school_year') }}
    where c.window_name = '{{ window_name }}'
),

{{ figures_of_leavers('members', indicator_id, 'rate', 'postsecondary') }}
{%- endmacro %}

{# First day of a quarter_number. #}
{% macro quarter_begin(number) -%}
    make_date(cast(({{ number }}) // 4 as integer), cast(({{ number }}) % 4 * 3 + 1 as integer), 1)
{%- endmacro %}

{# Exits with what became of them in a quarter of the parameters of `indicator_id`, authority by authority. #}
{% macro exits_after(indicator_id) %}
    select
        p.authority, e.school_year, e.student_key, e.school_id, e.lea_id, e.employment_status, e.wages_usd,
        e.quarter_number, e.wage_year, e.as_of_date,
        {{ quarter_begin('e.quarter_number') }} as period_start, {{ quarter_begin('e.quarter_number + 1') }} - 1 as period_end
    from {{ ref('fct_employment_after_exit') }} as e
    inner join (
        {{ parameters_of(indicator_id, ['quarters_after_exit']) }}
    ) as p on e.quarters_after_exit = p.quarters_after_exit and p.authority = 'wioa_' || e.population
        and {{ holds_in('p', 'e.school_year') }}
{%- endmacro %}

{# The share of those who left that is employed so many quarters later: the rows of one indicator. #}
{% macro employment_rate(indicator_id) -%}
with members as (
    select
        *, case when employment_status in ('employed', 'not_found') then 1 else 0 end as student_count,
        case when employment_status = 'employed' then 1 else 0 end as numerator,
        case when employment_status in ('employed', 'not_found') then 1 else 0 end as denominator,
        case when employment_status in ('employed', 'not_found') then 0 else 1 end as n_missing
    from (
        {{- exits_after(indicator_id) }}
    ) as exits
),

{{ figures_of_leavers('members', indicator_id, 'rate', 'wages') }}
{%- endmacro %}

{#
    Median earnings in the quarter, of those who have some. With `in_prices`, each person's earnings are first
    brought to the prices of the price_year, cent by cent in whole numbers; a year without an index leaves them missing.
#}
{% macro median_earnings(indicator_id, in_prices=false) -%}
with members as (
    select
        e.authority, e.school_year, e.student_key, e.school_id, e.lea_id, e.as_of_date, e.period_start, e.period_end,
        {%- if in_prices %}
        cast({{ half_up('cast(e.wages_usd * 100 as hugeint) * b.index_thousandths', 'c.index_thousandths') }}
            * cast(0.01 as decimal(3, 2)) as decimal(18, 6)) as measure
        {%- else %}
        cast(e.wages_usd as decimal(18, 6)) as measure
        {%- endif %}
    from (
        {{- exits_after(indicator_id) }}
    ) as e
    {%- if in_prices %}
    inner join (
        {{ parameters_of(indicator_id, ['price_year']) }}
    ) as p on e.authority = p.authority and {{ holds_in('p', 'e.school_year') }}
    left join {{ ref('consumer_price_index') }} as c on e.wage_year = c.calendar_year
    left join {{ ref('consumer_price_index') }} as b on p.price_year = b.calendar_year
    {%- endif %}
    where e.employment_status <> 'not_found'
),

described as (
    {{- described_when_last_known('members') }}
),

student_rows as (
    {{- at_every_level('members', ['authority', 'school_year', 'student_key', 'measure', 'as_of_date', 'period_start',
        'period_end']) }}
),

{{ disaggregate_median('student_rows', indicator_id, 1, 'median', 'wages', period_type='quarter', has_own_period=true,
    described_by='described') }}
{%- endmacro %}

{#
    Who of the college entrants of a class stayed: the rows of one indicator. Of whom nothing is known is in the denominator,
    as the Clearinghouse counts, and in n_missing: where many are, the rate is a lower bound.
#}
{% macro second_fall(indicator_id, stayed) -%}
with members as (
    select
        p.authority, c.school_year, c.student_key, c.school_id, c.lea_id, c.as_of_date,
        c.begin_date as period_start, c.second_fall_end as period_end,
        case when c.second_fall_status = 'no_information' then 0 else 1 end as student_count,
        case when {{ stayed }} then 1 else 0 end as numerator, 1 as denominator,
        case when c.second_fall_status = 'no_information' then 1 else 0 end as n_missing
    from {{ ref('fct_college_student') }} as c
    inner join (
        {{ parameters_of(indicator_id, ['removes_exclusions']) }}
    ) as p on {{ holds_in('p', 'c.school_year') }}
    where c.second_fall_status <> 'not_yet_known' and (p.removes_exclusions = 0 or c.cohort_exclusion_code is null)
),

{{ figures_of_leavers('members', indicator_id, 'rate', 'postsecondary') }}
{%- endmacro %}

{#
    Who of the college entrants earned a degree or certificate within so many percent of the length of the program they began:
    the rows of one indicator. A student counts once their own time is over; before that, and where no length is told, they
    are missing, whether or not they have finished: to count only those who finished early would make every young class brilliant.
    A class has rows once that time is over for nearly all of whom a length is told, or it would be a figure of its short programs.
#}
{% macro credential_attainment(indicator_id, percent) -%}
with entrants as (
    select
        c.*, p.authority, p.minimum_over_percent,
        case when p.same_institution = 1 then c.first_award_date_there else c.first_award_date end as award_date,
        {{ add_months('c.begin_date', '(c.program_length_months * ' ~ percent ~ ' + 99) // 100') }} as time_end
    from {{ ref('fct_college_student') }} as c
    inner join (
        {{ parameters_of(indicator_id, ['removes_exclusions', 'same_institution', 'full_time_only', 'minimum_over_percent']) }}
    ) as p on {{ holds_in('p', 'c.school_year') }}
    where (p.removes_exclusions = 0 or c.cohort_exclusion_code is null)
        and (p.full_time_only = 0 or coalesce(c.is_full_time, false))
),

classes as (
    select authority, school_year
    from entrants
    where time_end is not null
    group by authority, school_year
    having {{ is_at_least_percent('count(*) filter (where time_end <= as_of_date)', 'count(*)', 'max(minimum_over_percent)') }}
),

members as (
    select
        authority, school_year, student_key, school_id, lea_id, as_of_date, begin_date as period_start,
        coalesce(time_end, begin_date) as period_end,
        case when coalesce(time_end <= as_of_date, false) then 1 else 0 end as student_count,
        case when time_end <= as_of_date and award_date <= time_end then 1 else 0 end as numerator,
        case when coalesce(time_end <= as_of_date, false) then 1 else 0 end as denominator,
        case when coalesce(time_end <= as_of_date, false) then 0 else 1 end as n_missing
    from entrants
    inner join classes using (authority, school_year)
),

{{ figures_of_leavers('members', indicator_id, 'rate', 'postsecondary') }}
{%- endmacro %}

{# Who of the college entrants reached a mark in their first twelve months, of those it is known of: the rows of one indicator. #}
{% macro first_year(indicator_id, known, reached, parameters=[]) -%}
with members as (
    select
        {{ 'p.authority' if parameters else "'education_to_workforce'" }} as authority, c.school_year, c.student_key,
        c.school_id, c.lea_id, c.as_of_date, c.begin_date as period_start, c.first_year_end - 1 as period_end,
        case when {{ known }} then 1 else 0 end as student_count,
        case when {{ known }} and {{ reached }} then 1 else 0 end as numerator,
        case when {{ known }} then 1 else 0 end as denominator,
        case when {{ known }} then 0 else 1 end as n_missing
    from {{ ref('fct_college_student') }} as c
    {%- if parameters %}
    inner join (
        {{ parameters_of(indicator_id, parameters) }}
    ) as p on {{ holds_in('p', 'c.school_year') }}
    {%- endif %}
    where c.first_year_end <= c.enrollments_known_through
),

{{ figures_of_leavers('members', indicator_id, 'rate', 'postsecondary') }}
{%- endmacro %}

{#
    What an amount costs when repaid in equal monthly parts over so many years, as federal loans are by their standard plan.
    The factor is taken to nine places before it meets dollars, so that the cents do not hang on the last bit of a float.
#}
{% macro repaid_with_interest(amount_usd, basis_points, years) -%}
    cast({{ amount_usd }} * case
        when {{ basis_points }} = 0 then 1
        else cast(
            12 * {{ years }} * cast({{ basis_points }} as double) / 120000
            / (1 - power(1 + cast({{ basis_points }} as double) / 120000, -12 * {{ years }})) as decimal(18, 9))
    end as decimal(18, 2))
{%- endmacro %}
