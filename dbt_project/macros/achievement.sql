{# The subjects of the state tests: the letter of their indicator ids and the CEDS 000021 codes that belong to them. #}
{% macro tested_subjects() %}
    {{ return({
        'Mathematics': {'letter': 'm', 'codes': ['01166']},
        'ReadingLanguageArts': {'letter': 'r', 'codes': ['13373', '00554', '00560', '13372']},
        'Science': {'letter': 's', 'codes': ['00562', '73086', '73087']},
    }) }}
{% endmacro %}

{# The tested subject of a CEDS subject code; null for all others. #}
{% macro tested_subject_of(subject_code) -%}
    case
        {%- for subject, told in tested_subjects().items() %}
        when {{ subject_code }} in ('{{ told.codes | join("', '") }}') then '{{ subject }}'
        {%- endfor %}
    end
{%- endmacro %}

{#
    Who students are, with the grade in which they were tested (or kept, or entered) instead of the grade they ended the
    year in. `rows` has one row per student_key and school_year, with the grade in grade_level_code.
#}
{% macro described_in_grade(rows) -%}
    select
        r.student_key, r.school_year
        {%- for column in breakdown_columns() %},
        {% if column == 'grade_level_code' -%}
        case
            when r.grade_level_code is null then 'Missing'
            else coalesce(g.disaggregate_value, 'Other')
        end as grade_level_code
        {%- else -%}
        s.{{ column }}
        {%- endif %}
        {%- endfor %}
    from {{ rows }} as r
    inner join {{ ref('dim_student_year') }} as s on r.student_key = s.student_key and r.school_year = s.school_year
    left join {{ ref('subgroup_values') }} as g
        on g.disaggregate_type = 'grade' and r.grade_level_code = g.disaggregate_value
{%- endmacro %}

{#
    One row per authority, student and organization: `columns` of `students`, which has authority, student_key,
    school_year, school_id, lea_id and as_of_date; `where` may name the level, as in is_full_year_{level}.
#}
{% macro at_each_level(students, columns, where='true') -%}
    {%- for level in ['school', 'lea', 'state'] %}
    {% if not loop.first %}union all{% endif %}
    select
        r.authority, r.school_year, '{{ level }}' as org_level,
        {{ 'o.org_id' if level == 'state' else 'r.' ~ level ~ '_id' }} as org_id,
        r.student_key, r.as_of_date, r.{{ columns | join(', r.') }}
    from {{ students }} as r
    {% if level == 'state' -%}
    inner join {{ ref('dim_organization') }} as o on o.org_level = 'state'
    {% endif -%}
    where {{ where | replace('{level}', level) }}
    {%- endfor %}
{%- endmacro %}

{# So many percent of a whole number, rounded up to the next whole number: 95 percent of 97 are 93. #}
{% macro percent_rounded_up(whole, percent) -%}
    cast({{ whole_quotient('(' ~ whole ~ ' * ' ~ percent ~ ' + 99)', '100') }} as bigint)
{%- endmacro %}

{# Who the students of a tested subject are, in the grade of the test. #}
{% macro described_at_test(subject) -%}
    {{ described_in_grade(
        "(select student_key, school_year, grade_level_code from " ~ ref('fct_assessment_participation')
        ~ " where subject = '" ~ subject ~ "')") }}
{%- endmacro %}

{# Results of the state tests and their alternates, with the tested subject; null for a subject that is none. #}
{% macro state_test_results() -%}
    select *, {{ tested_subject_of('subject_code') }} as subject
    from {{ ref('fct_assessment_result') }}
    where assessment_type_code in ('StateSummative', 'AlternateAssessmentAlternateStandards')
{%- endmacro %}

{#
    Records of a student, a school year and `by` in the order in which they count: the first valid score; without one, having
    taken part goes before an excuse. `records` is a query or CTE of rows of fct_assessment_result.
#}
{% macro ranked_results(records, by) -%}
    select
        *,
        row_number() over (
            partition by student_key, school_year, {{ by }}
            order by
                case when is_proficient is not null then 0 when participation = 'Participated' then 1
                    when participation = 'MedicalExemption' then 2 else 3 end,
                administration_date, case when level_origin = 'reported' then 0 else 1 end,
                score nulls last, assessment_id, score_type nulls last, lea_id nulls last, source_id
        ) as preference
    from {{ records }}
{%- endmacro %}

{# Of several records the one that counts. #}
{% macro result_that_counts(records, by) -%}
    select * from ({{ ranked_results(records, by) }}) as r where preference = 1
{%- endmacro %}

{#
    The day on which most students took a test, by school year and the columns `by`: who was there and has no record
    should have taken it, too. `records` are rows of fct_assessment_result.
#}
{% macro test_days(records, by) -%}
    select school_year, {% for column in by %}{{ column }}, {% endfor %}administration_date as test_date
    from (
        select
            school_year, {% for column in by %}{{ column }}, {% endfor %}administration_date,
            row_number() over (
                partition by school_year{% for column in by %}, {{ column }}{% endfor %}
                order by count(*) desc, administration_date
            ) as preference
        from {{ records }}
        where participation = 'Participated'
        group by school_year{% for column in by %}, {{ column }}{% endfor %}, administration_date
    ) as d
    where preference = 1
{%- endmacro %}

{# Who was at a school of a tested grade on the day of the test (`days`: subject, grade and day of each school year). #}
{% macro members_on_test_days(days) -%}
    select distinct e.student_key, e.school_year, d.subject, d.test_date
    from {{ ref('fct_student_enrollment') }} as e
    inner join {{ ref('tested_grades') }} as g
        on e.grade_level_code = g.grade_level_code and {{ holds_in('g', 'e.school_year') }}
    inner join {{ days }} as d
        on e.school_year = d.school_year and g.subject = d.subject and e.grade_level_code = d.grade_level_code
    where d.test_date between e.entry_date and e.end_date
{%- endmacro %}

{#
    Students with the school at which they were on the day of a test: of two that of the district that sent the result,
    then the one that ends last; null where they were at none. `students` has one row per `keys`, with student_key,
    school_year, test_date, record_lea_id and tested_grade_level_code.
#}
{% macro placed_on_test_day(students, keys) -%}
    select * from (
        select
            s.*, e.delivery_key, e.lea_id, e.school_id,
            coalesce(s.tested_grade_level_code, e.grade_level_code) as grade_level_code,
            row_number() over (
                partition by s.{{ keys | join(', s.') }}
                order by case when e.lea_id = s.record_lea_id then 0 else 1 end, e.place_in_state desc nulls last
            ) as preference
        from {{ students }} as s
        left join {{ ref('fct_student_enrollment') }} as e
            on s.student_key = e.student_key and s.school_year = e.school_year
            and s.test_date between e.entry_date and e.end_date
    ) as p
    where preference = 1
{%- endmacro %}

{# The grade below a numbered one; null where there is none. #}
{% macro grade_before(grade_level_code) -%}
    lpad(cast(try_cast({{ grade_level_code }} as integer) - 1 as varchar), 2, '0')
{%- endmacro %}

{# Kindergarten readiness: the domain (CEDS 001000, or All for the whole) and its indicator id. #}
{% macro readiness_domains() %}
    {{ return({'All': 'I05', '01': 'I05d1', '02': 'I05d2', '03': 'I05d3', '04': 'I05d4', '05': 'I05d5'}) }}
{% endmacro %}
