{# CEDS 000021 codes of the courses that count as English language arts, and as mathematics. #}
{% macro is_english(subject_code) -%}
    coalesce({{ subject_code }} in ('00554', '00560', '01287', '13372', '13373'), false)
{%- endmacro %}

{% macro is_mathematics(subject_code) -%}
    coalesce({{ subject_code }} = '01166', false)
{%- endmacro %}

{# How many semesters a grade stands for: half a credit is a semester, a full credit graded once is two. #}
{% macro semesters_of(credits) -%}
    greatest(1, coalesce(cast(floor(2 * {{ credits }}) as integer), 1))
{%- endmacro %}

{# Credits of a grade: those sent, else those attempted where it passes. Null where no credit was sent. #}
{% macro credits_of_grade() -%}
    coalesce(credits_earned, case when credits_attempted is not null then
        case when is_passing then credits_attempted else 0 end end)
{%- endmacro %}

{# The rows of an indicator made of fct_grade_9_on_track at one checkpoint. #}
{% macro grade_9_on_track(indicator_id, checkpoint, period_type) -%}
with judged as (
    select
        authority, school_year, lea_id, school_id, student_key, as_of_date,
        make_date(school_year - 1, 7, 1) as period_start, checkpoint_date as period_end, n_missing,
        1 - n_missing as student_count, 1 - n_missing as denominator, is_on_track as numerator
    from {{ ref('fct_grade_9_on_track') }}
    where checkpoint = '{{ checkpoint }}' and exclusion_reason is null
),

student_rows as (
    {{- at_every_level('judged', ['authority', 'school_year', 'student_key', 'as_of_date', 'period_start', 'period_end',
        'n_missing', 'student_count', 'denominator', 'numerator']) }}
),

{{ disaggregate('student_rows', indicator_id, 1, 'rate', 'course_grades', period_type=period_type,
    has_own_period=true) }}
{%- endmacro %}

{#
    The E-W Framework's on-track indicators of middle and high school. A condition whose parameter is 0 is not asked.
    A student is judged only where every condition asked can be: of all others something is not known (n_missing).
#}
{% macro progress_on_track(indicator_id) -%}
with parameters as (
    {{ parameters_of(indicator_id, ['grade_level', 'minimum_attendance_percent', 'minimum_gpa_tenths',
        'lowest_letter_is_c', 'maximum_exclusions']) }}
),

asked as (
    select
        p.authority, y.school_year, y.lea_id, y.school_id, y.student_key, y.as_of_date,
        y.days_absent is not null and y.days_enrolled > 0 and y.exclusion_count is not null
            and y.english_count > 0 and y.mathematics_count > 0
            and (p.lowest_letter_is_c = 0 or y.english_mathematics_unscaled_count = 0)
            and (p.minimum_gpa_tenths = 0 or y.gpa_weight > 0) as is_known,
        {{ is_at_least_percent('y.days_present', 'y.days_enrolled', 'p.minimum_attendance_percent') }}
            and 10 * y.gpa_points >= p.minimum_gpa_tenths * y.gpa_weight
            and case when p.lowest_letter_is_c = 1 then y.english_mathematics_low_count
                else y.english_mathematics_fail_count end = 0
            and y.exclusion_count <= p.maximum_exclusions as is_on_track
    from {{ ref('fct_student_progress') }} as y
    inner join parameters as p
        on {{ holds_in('p', 'y.school_year') }} and y.grade_level_code = lpad(cast(p.grade_level as varchar), 2, '0')
    where y.exclusion_reason is null
        -- Only where course grades are sent at all is there anything to judge.
        and y.is_lea_sending_grades
),

judged as (
    select
        authority, school_year, lea_id, school_id, student_key, as_of_date,
        case when is_known then 0 else 1 end as n_missing,
        case when is_known then 1 else 0 end as student_count,
        case when is_known then 1 else 0 end as denominator,
        case when is_known and is_on_track then 1 else 0 end as numerator
    from asked
),

student_rows as (
    {{- at_every_level('judged', ['authority', 'school_year', 'student_key', 'as_of_date', 'n_missing',
        'student_count', 'denominator', 'numerator']) }}
),

{{ disaggregate('student_rows', indicator_id, 1, 'rate', 'course_grades') }}
{%- endmacro %}
