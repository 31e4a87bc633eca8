{#
    The rows of an indicator about students of a school year at the school of their latest enrolment, from `members`: a CTE
    with one row per authority, school_year and student_key and the columns school_id, lea_id, student_count, numerator,
    denominator, n_missing and as_of_date.
#}
{% macro figures_of_students(members, indicator_id, unit, collection) -%}
student_rows as (
    {{- at_every_level(members, ['authority', 'school_year', 'student_key', 'student_count', 'numerator', 'denominator',
        'n_missing', 'as_of_date']) }}
),

{{ disaggregate('student_rows', indicator_id, 1, unit, collection) }}
{%- endmacro %}

{# The columns of a student's row in an indicator: counted or not, of those of whom it is known. #}
{% macro counted_of_known(known, counted) -%}
'education_to_workforce' as authority, school_year, student_key, school_id, lea_id, as_of_date,
        case when {{ known }} then 1 else 0 end as student_count,
        case when {{ known }} and {{ counted }} then 1 else 0 end as numerator,
        case when {{ known }} then 1 else 0 end as denominator,
        case when {{ known }} then 0 else 1 end as n_missing
{%- endmacro %}

{#
    Students of grades 9 to 12 by what they took of AP, IB and dual enrolment: the rows of one indicator. `counted` and
    `known` are conditions on fct_advanced_course_student, `among` those the share is of.
#}
{% macro advanced_courses(indicator_id, among, known, counted) -%}
with members as (
    select
        {{ counted_of_known(known, counted) }}
    from {{ ref('fct_advanced_course_student') }}
    where {{ among }}
        and school_year in (select school_year from {{ ref('fct_advanced_course_student') }} where is_told)
),

{{ figures_of_students('members', indicator_id, 'rate', 'courses') }}
{%- endmacro %}

{#
    Each group's share of the participants beside its share of the students, from the exact counts of
    ind_advanced_course_participation.
#}
{% macro shares_of_groups() %}
    select
        g.authority, g.school_year, g.org_level, g.org_id, g.parent_org_id, g.lea_id, g.disaggregate_type,
        g.disaggregate_value, g.student_count, g.n_missing, g.as_of_date, g.period_start, g.period_end,
        cast(g.numerator as hugeint) as group_participants, cast(a.numerator as hugeint) as participants,
        cast(g.denominator as hugeint) as group_students, cast(a.denominator as hugeint) as students
    from {{ ref('ind_advanced_course_participation') }} as g
    inner join {{ ref('ind_advanced_course_participation') }} as a
        on g.authority = a.authority and g.school_year = a.school_year and g.org_level = a.org_level
        and g.org_id = a.org_id and a.disaggregate_type = 'all'
{%- endmacro %}

{#
    High schools by what their district tells of its courses: `tellers` is a CTE with lea_id and school_year. Two CTEs: one row
    per school year and school with students of grades 9 to 12, and that school, its district and the state.
#}
{% macro high_schools_of(tellers) -%}
high_schools as (
    select
        u.school_year, u.school_id, u.lea_id, max(case when d.lea_id is null then 0 else 1 end) as is_told,
        min(u.as_of_date) as as_of_date
    from {{ ref('fct_advanced_course_student') }} as u
    left join {{ tellers }} as d on u.lea_id = d.lea_id and u.school_year = d.school_year
    group by u.school_year, u.school_id, u.lea_id
),

placed as (
    {{- at_every_level('high_schools', ['school_year', 'school_id', 'is_told', 'as_of_date']) }}
)
{%- endmacro %}

{#
    What the college-preparatory set asks of each subject: the parameter of I19g that says how many courses, the CEDS 000021
    codes of the subject and the subject areas of the School Courses for the Exchange of Data, for a course of which only
    its SCED code is told (world languages are area 06, since version 4 area 24).
#}
{% macro college_preparatory_subjects() %}
    {{ return({
        'English': {'parameter': 'english_courses', 'areas': ['01'],
            'codes': ['00554', '00560', '01287', '13372', '13373']},
        'Mathematics': {'parameter': 'mathematics_courses', 'areas': ['02'], 'codes': ['01166']},
        'LaboratoryScience': {'parameter': 'laboratory_science_courses', 'areas': ['03'],
            'codes': ['00562', '73086', '73087']},
        'SocialScience': {'parameter': 'social_science_courses', 'areas': ['04'], 'codes': ['13374', '73088', '73089']},
        'WorldLanguage': {'parameter': 'world_language_courses', 'areas': ['06', '24'], 'codes': ['00546']},
        'Arts': {'parameter': 'arts_courses', 'areas': ['05'], 'codes': ['13371']},
    }) }}
{% endmacro %}

{# Students of grades 11 and 12 by a college entrance exam: the rows of one indicator. #}
{% macro college_entrance(indicator_id, known, counted) -%}
with members as (
    select
        {{ counted_of_known(known, counted) }}
    from {{ ref('fct_college_entrance_exam') }}
),

{{ figures_of_students('members', indicator_id, 'rate', 'assessment') }}
{%- endmacro %}
