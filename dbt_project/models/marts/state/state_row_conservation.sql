{#
    What was received is measured on the records (or on the fact that stands for each of them), what is counted on the table
    that they lead to, and what is excluded between them. assert_every_row_is_accounted_for adds the three up.
#}
{%- set on_census_day -%}
    m.census_date between e.entry_date
        and coalesce(e.exit_date{{ '' if var('exit_date_is_last_day') else ' - 1' }}, m.census_date)
{%- endset -%}
{#- The rows of one kind that lead to one table: (disposition, relation, count, reason, which). -#}
{%- set all, rows = 'true', 'count(*)' -%}
{%- set excluded = 'exclusion_reason is not null' -%}
{%- set kept = 'exclusion_reason is null' -%}
{%- set accounts = {
    ('enrollments', 'core.fct_enrollment'): [
        ('received', ref('stg_enrollments'), rows, none, all),
        ('counted', ref('fct_enrollment'), rows, none, kept),
        ('excluded', ref('fct_enrollment'), rows, 'exclusion_reason', excluded)],
    ('enrollments', 'indicators.ind_membership_october_1'): [
        ('received', 'enrollments', rows, none, all),
        ('counted', 'counted_members', 'sum(student_count)', none, all),
        ('excluded', 'not_members', rows, 'reason', all)],
    ('attendance records', 'core.fct_attendance_event'): [
        ('received', ref('stg_attendance'), rows, none, all),
        ('counted', ref('dim_delivery'), 'sum(present_row_count)', "'present_as_the_calendar_says'", all),
        ('counted', ref('fct_attendance_event'), 'sum(record_count)', none, kept),
        ('excluded', ref('fct_attendance_event'), 'sum(record_count)', 'exclusion_reason', excluded)],
    ('student-days', 'indicators.ind_average_daily_attendance'): [
        ('received', 'days', 'sum(spell_days)', none, all),
        ('counted', 'counted_days', 'sum(denominator)', none, all),
        ('excluded', 'days', 'sum(spell_days - enrolled_days)', "'day_of_two_enrollments'", all),
        ('excluded', 'days', 'sum(days_without_attendance)', "'attendance_not_sent'", all)],
    ('students at schools', 'indicators.ind_chronic_absenteeism'): [
        ('received', 'students_enrolled', rows, none, all),
        ('counted', 'counted_students', 'sum(student_count)', none, all),
        ('excluded', 'students', rows, 'reason', 'reason is not null')],
    ('assessment results', 'core.fct_assessment_result'): [
        ('received', ref('stg_assessment_results'), rows, none, all),
        ('counted', ref('fct_assessment_result'), rows, none, kept),
        ('excluded', ref('fct_assessment_result'), rows, 'exclusion_reason', excluded)],
    ('assessment results', 'core.fct_assessment_participation'): [
        ('received', ref('fct_assessment_result'), rows, none, all),
        ('counted', 'records_that_count', rows, none, all),
        ('excluded', 'results_left_out', rows, 'reason', all)],
    ('students in tested subjects', 'core.fct_assessment_participation'): [
        ('received', 'students_to_test', rows, none, all),
        ('counted', ref('fct_assessment_participation'), rows, none, kept),
        ('excluded', ref('fct_assessment_participation'), rows, 'exclusion_reason', excluded)],
    ('students in tested subjects', 'indicators.ind_assessment_participation'): [
        ('received', 'tested_students', rows, none, all),
        ('counted', 'counted_participants', 'sum(student_count)', none, all),
        ('excluded', 'tested_students', rows, 'exclusion_reason', excluded)],
    ('students in tested subjects', 'indicators.ind_academic_achievement'): [
        ('received', 'tested_students', rows, none, all),
        ('counted', 'counted_scores', 'sum(student_count)', none, all),
        ('excluded', 'tested_students', rows, 'reason', 'reason is not null')],
} -%}

with schools as (
    select org_id as school_id, lea_id from {{ ref('dim_organization') }} where org_level = 'school'
),

parameters as (
    {{ parameters_of('I01', ['minimum_days_enrolled', 'minimum_absent_percent']) }}
),

-- Where an indicator is what the rows lead to, they belong to the district of the school, as there.
enrollments as (
    select
        e.school_year, s.lea_id, e.student_key, e.school_id, e.exclusion_reason,
        e.last_day_ordinal - e.first_day_ordinal + 1 as day_count, m.school_id as member_school_id,
        {{ on_census_day }} as is_on_census_day,
        row_number() over (
            partition by e.student_key, e.school_year, e.school_id, {{ on_census_day }}
            order by e.entry_date desc, e.lea_id
        ) as place_at_school
    from {{ ref('fct_enrollment') }} as e
    inner join schools as s on e.school_id = s.school_id
    left join {{ ref('fct_membership') }} as m
        on m.authority = 'edfacts' and e.student_key = m.student_key and e.school_year = m.school_year
),

not_members as (
    select
        school_year, lea_id,
        case
            when exclusion_reason = 'exit_before_entry' then 'exit_before_entry'
            when not coalesce(is_on_census_day, false) then 'not_enrolled_on_october_1'
            else 'another_enrollment_that_day'
        end as reason
    from enrollments
    where exclusion_reason = 'exit_before_entry' or not coalesce(is_on_census_day, false)
        or school_id <> member_school_id or place_at_school > 1
),

students as (
    select y.school_year, s.lea_id, y.student_key, y.school_id, y.days_enrolled, y.days_absent,
        case
            when y.days_absent is null then 'attendance_or_calendar_not_sent'
            when y.days_enrolled < p.minimum_days_enrolled then 'enrolled_less_than_the_minimum'
        end as reason
    from {{ ref('fct_student_school_year') }} as y
    inner join schools as s on y.school_id = s.school_id
    inner join parameters as p on p.authority = 'edfacts' and {{ holds_in('p', 'y.school_year') }}
),

days as (
    select school_year, lea_id, sum(day_count) as spell_days, 0 as enrolled_days, 0 as days_without_attendance
    from enrollments
    where exclusion_reason is null
    group by school_year, lea_id
    union all
    select school_year, lea_id, 0, sum(coalesce(days_enrolled, 0)),
        sum(case when days_absent is null then coalesce(days_enrolled, 0) else 0 end)
    from students
    group by school_year, lea_id
),

students_enrolled as (
    select distinct school_year, lea_id, student_key, school_id
    from enrollments
    where exclusion_reason is null or exclusion_reason = 'no_calendar'
),

state_tests as (
    {{ state_test_results() }}
),

test_days as (
    {{ test_days("(select * from state_tests where subject is not null and assessment_type_code = 'StateSummative')",
        ['subject', 'grade_level_code']) }}
),

-- Every result but the one that counts of each student and subject. Two of them may be alike in every column.
results_left_out as (
    select school_year, lea_id, 'another_assessment' as reason
    from {{ ref('fct_assessment_result') }}
    where assessment_type_code is null
        or assessment_type_code not in ('StateSummative', 'AlternateAssessmentAlternateStandards')
    union all
    select school_year, lea_id, 'subject_not_tested'
    from state_tests
    where subject is null
    union all
    select school_year, lea_id, 'another_result_counts'
    from ({{ ranked_results('(select * from state_tests where subject is not null)', 'subject') }}) as r
    where preference > 1
),

records_that_count as (
    select school_year, record_lea_id as lea_id from {{ ref('fct_assessment_participation') }} where has_record
),

-- Counted apart from the fact, which says of them only to which district they belong.
students_to_test as (
    select u.school_year, p.lea_id
    from (
        select student_key, school_year, subject from state_tests where subject is not null
        union
        select student_key, school_year, subject from ({{ members_on_test_days('test_days') }}) as m
    ) as u
    left join {{ ref('fct_assessment_participation') }} as p
        on u.student_key = p.student_key and u.school_year = p.school_year and u.subject = p.subject
),

tested_students as (
    select
        p.school_year, coalesce(s.lea_id, p.lea_id) as lea_id, p.exclusion_reason,
        case
            when p.exclusion_reason is not null then p.exclusion_reason
            when p.participation_code = 'PARTELP' then 'took_the_english_test_instead'
            when p.participation_code = 'NPART' then 'not_tested'
            when not p.has_valid_score then 'no_performance_level'
        end as reason
    from {{ ref('fct_assessment_participation') }} as p
    left join schools as s on p.school_id = s.school_id
),

{% for name, indicator, authority in [
    ('counted_members', 'ind_membership_october_1', 'edfacts'), ('counted_days', 'ind_average_daily_attendance', 'ceds'),
    ('counted_students', 'ind_chronic_absenteeism', 'edfacts'), ('counted_participants', 'ind_assessment_participation', 'essa'),
    ('counted_scores', 'ind_academic_achievement', 'report_card')] -%}
{{ name }} as (
    select school_year, lea_id, student_count, denominator
    from {{ ref(indicator) }}
    where authority = '{{ authority }}' and org_level = 'school' and disaggregate_type = 'all'
),

{% endfor -%}
lines as (
    {%- for (unit, leads_to), account in accounts.items() %}
    {%- set first = loop.first %}
    {%- for disposition, relation, count, reason, which in account %}
    {% if not (first and loop.first) %}union all{% endif %}
    select
        '{{ unit }}' as unit, '{{ leads_to }}' as leads_to, school_year, lea_id, '{{ disposition }}' as disposition,
        {{ reason or 'null' }} as reason, {{ count }} as row_count
    from {{ relation }}
    where {{ which }}
    group by school_year, lea_id{{ ', ' ~ reason if reason }}
    {%- endfor %}
    {%- endfor %}
)

select
    cast(unit as varchar) as unit,
    cast(leads_to as varchar) as leads_to,
    cast(school_year as integer) as school_year,
    cast(lea_id as varchar) as lea_id,
    cast(disposition as varchar) as disposition,
    cast(reason as varchar) as reason,
    cast(row_count as bigint) as row_count
from lines
where row_count > 0
