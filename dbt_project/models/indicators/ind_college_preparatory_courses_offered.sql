{%- set subjects = college_preparatory_subjects() -%}
{%- set asked = subjects.values() | map(attribute='parameter') | list -%}
{#- The whole set, and each subject of it: (breakdown, value, condition on a school). -#}
{%- set kinds = [('all', 'All', 'has_' ~ asked | join(' and has_'))] -%}
{%- for subject, told in subjects.items() -%}
    {%- do kinds.append(('subject', subject, 'has_' ~ told.parameter)) -%}
{%- endfor -%}
with parameters as (
    {{ parameters_of('I19g', asked) }}
),

-- Each course with a section once, whoever tells of it; what the school does not say of it, the district may.
taught as (
    select
        t.school_year, t.org_id as school_id, t.course_id,
        max(coalesce(t.subject_code, l.subject_code)) as subject_code, max(left(coalesce(t.sced, l.sced), 5)) as sced
    from {{ ref('dim_course') }} as t
    left join {{ ref('dim_course') }} as l
        on t.source_id = l.source_id and t.school_year = l.school_year and t.lea_id = l.org_id and t.course_id = l.course_id
    where t.is_taught
    group by t.school_year, t.org_id, t.course_id
),

-- A school of grades 6 to 12 teaches mathematics in seven grades, but four years of it in high school.
courses_below_grade_9 as (
    select r.school_year, r.school_id, r.course_id
    from {{ ref('stg_student_sections') }} as r
    inner join {{ ref('dim_student_year') }} as u on r.student_key = u.student_key and r.school_year = u.school_year
    group by r.school_year, r.school_id, r.course_id
    having count(*) filter (where u.grade_level_code in ('09', '10', '11', '12', 'Missing')) = 0
),

offered as (
    select
        t.school_year, t.school_id,
        -- An honors course has the SCED code of the ordinary one: it is no further year of the subject.
        coalesce(t.sced, t.course_id) as course,
        case
            {%- for subject, told in subjects.items() %}
            when (t.subject_code in ('{{ told.codes | join("', '") }}')
                or (t.subject_code is null and left(t.sced, 2) in ('{{ told.areas | join("', '") }}')))
                {%- if subject == 'LaboratoryScience' %} and (t.sced is null or s.first_sced is not null){% endif %}
                then '{{ subject }}'
            {%- endfor %}
        end as subject
    from taught as t
    left join courses_below_grade_9 as b
        on t.school_year = b.school_year and t.school_id = b.school_id and t.course_id = b.course_id
    left join {{ ref('laboratory_sciences') }} as s on t.sced between s.first_sced and s.last_sced
    where b.course_id is null
),

counts as (
    select
        school_year, school_id
        {%- for subject, told in subjects.items() %},
        count(distinct course) filter (where subject = '{{ subject }}') as {{ told.parameter }}
        {%- endfor %}
    from offered
    group by school_year, school_id
),

describers as (
    select distinct lea_id, school_year from {{ ref('dim_course') }} where subject_code is not null or sced is not null
),

{{ high_schools_of('describers') }},

schools as (
    select
        p.authority, h.school_year, h.org_level, h.org_id, h.is_told, h.as_of_date
        {%- for name in asked %},
        coalesce(c.{{ name }}, 0) >= p.{{ name }} as has_{{ name }}
        {%- endfor %}
    from placed as h
    inner join parameters as p on {{ holds_in('p', 'h.school_year') }}
    left join counts as c on h.school_year = c.school_year and h.school_id = c.school_id
    where exists (select 1 from describers as d where d.school_year = h.school_year)
),

organization_rows as (
    {%- for kind, value, has in kinds %}
    {% if not loop.first %}union all{% endif %}
    select
        authority, school_year, org_level, org_id, '{{ kind }}' as disaggregate_type, '{{ value }}' as disaggregate_value,
        count(*) filter (where is_told = 1 and {{ has }}) as numerator, sum(is_told) as denominator,
        sum(is_told) as student_count, sum(1 - is_told) as n_missing, min(as_of_date) as as_of_date
    from schools
    group by authority, school_year, org_level, org_id
    {%- endfor %}
),

{{ organization_figures('organization_rows', 'I19g', 1, 'rate', 'courses', number_type='bigint') }}
