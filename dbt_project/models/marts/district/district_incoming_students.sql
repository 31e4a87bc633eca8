{#- What the law asks of the school that receives a student at once: comparable services, language assistance, immediate
    enrollment. Meals are not among them: eligibility may not be disclosed for this. -#}
{%- set programs = {
    'special_education': 'SpecialEducation', 'section_504': 'Section504', 'english_learner': 'EnglishLearner',
    'homeless': 'Homeless', 'migrant': 'Migrant', 'foster_care': 'FosterCare',
} -%}
{%- set subjects = {
    'mathematics': 'Mathematics', 'reading_language_arts': 'ReadingLanguageArts', 'science': 'Science',
} -%}
-- This school year is the newest each district has sent.
with newest_years as (
    select
        lea_id, max(school_year) as school_year,
        count(distinct school_year) as year_count
    from {{ ref('dim_delivery') }}
    where lea_id is not null
    group by lea_id
),

entries as (
    select e.*, n.year_count
    from {{ ref('fct_student_enrollment') }} as e
    inner join newest_years as n on e.lea_id = n.lea_id and e.school_year = n.school_year
),

-- What each entry came from: of the enrolments begun before it the one that lasted longest towards it.
preceded as (
    select
        e.lea_id, e.student_key, e.place_in_state, e.delivery_key, e.school_year, e.school_id, e.entry_date,
        e.entry_type_code, e.grade_level_code, e.year_count, p.lea_id as previous_lea_id, p.school_id as previous_school_id,
        p.grade_level_code as previous_grade_level_code, p.school_year as previous_school_year,
        p.delivery_key as previous_delivery_key, p.entry_date as previous_entry_date, p.exit_date as previous_exit_date,
        least(coalesce(p.exit_date, p.end_date), e.entry_date) as previous_last_date,
        max(case when p.lea_id = e.lea_id then p.end_date end) over (
            partition by e.student_key, e.place_in_state
        ) as own_end_date,
        row_number() over (
            partition by e.student_key, e.place_in_state
            order by least(p.end_date, e.entry_date) desc nulls last, p.entry_date desc nulls last,
                p.place_in_state desc nulls last
        ) as recency
    from entries as e
    left join {{ ref('fct_student_enrollment') }} as p
        on e.student_key = p.student_key and p.entry_date < e.entry_date and p.lea_id is not null
),

-- Whom the district still had when the other enrolment began (at another school of its own, at two districts at once) is
-- not new. Of several entries within the year the last counts. Without an earlier year of its own a district cannot say who
-- is new to it and to the state.
incoming as (
    select * from (
        select
            *,
            row_number() over (
                partition by lea_id, student_key order by entry_date desc, place_in_state desc
            ) as latest
        from preceded
        where recency = 1
            and (
                (previous_lea_id <> lea_id and coalesce(own_end_date < previous_entry_date, true))
                or (previous_lea_id is null and year_count > 1)
            )
    ) as entered
    where latest = 1
),

-- All that follows looks back from the day of entry: what comes later, or of who has no earlier record, is told to nobody.
known as (
    select * from incoming where previous_lea_id is not null
),

earlier_enrollments as (
    select k.lea_id, k.student_key, k.school_year as entry_school_year, e.lea_id as earlier_lea_id, e.school_year
    from known as k
    inner join {{ ref('fct_student_enrollment') }} as e
        on k.student_key = e.student_key and e.entry_date < k.entry_date
),

previous_districts as (
    select lea_id, student_key, count(distinct earlier_lea_id) as previous_lea_count
    from earlier_enrollments
    where earlier_lea_id <> lea_id
    group by lea_id, student_key
),

-- In force on the last day at the previous school: over the summer that school's file tells no more.
programs as (
    select
        k.lea_id, k.student_key
        {%- for name, code in programs.items() %},
        max(s.begin_date) filter (where s.program_code = '{{ code }}') as {{ name }}_begin_date
        {%- endfor %}
    from known as k
    inner join {{ ref('fct_program_spell') }} as s
        on k.student_key = s.student_key and s.begin_date <= k.previous_last_date
        and coalesce(s.end_date, k.previous_last_date) >= k.previous_last_date
    group by k.lea_id, k.student_key
),

levels as (
    select
        k.lea_id, k.student_key, t.subject, t.performance_level, t.test_date, t.assessment_type_code,
        row_number() over (partition by k.lea_id, k.student_key, t.subject order by t.school_year desc) as recency
    from known as k
    inner join {{ ref('fct_assessment_participation') }} as t
        on k.student_key = t.student_key and t.test_date < k.entry_date and t.performance_level is not null
),

language_levels as (
    select
        k.lea_id, k.student_key, t.performance_level, t.test_date,
        row_number() over (partition by k.lea_id, k.student_key order by t.school_year desc) as recency
    from known as k
    inner join {{ ref('fct_english_learner_progress') }} as t
        on k.student_key = t.student_key and t.test_date < k.entry_date and t.performance_level is not null
),

tests as (
    select
        lea_id, student_key
        {%- for name, subject in subjects.items() %},
        max(performance_level) filter (where subject = '{{ subject }}') as {{ name }}_performance_level,
        max(assessment_type_code) filter (where subject = '{{ subject }}') as {{ name }}_assessment_type_code,
        max(test_date) filter (where subject = '{{ subject }}') as {{ name }}_test_date
        {%- endfor %}
    from levels
    where recency = 1
    group by lea_id, student_key
),

credits as (
    select k.lea_id, k.student_key, sum(g.credits) as credits_earned
    from known as k
    inner join (
        select student_key, school_year, posted_date, {{ credits_of_grade() }} as credits
        from {{ ref('fct_course_grade') }}
        where exclusion_reason is null
    ) as g
        on k.student_key = g.student_key
        and (g.school_year < k.school_year or g.posted_date < k.entry_date)
    group by k.lea_id, k.student_key
),

removals as (
    select
        k.lea_id, k.student_key,
        count(*) filter (where a.action_code = 'OutOfSchoolSuspension') as out_of_school_suspension_count,
        count(*) filter (where a.action_code = 'Expulsion') as expulsion_count
    from known as k
    inner join {{ ref('fct_discipline_action') }} as a
        on k.student_key = a.student_key and a.school_year between k.school_year - 1 and k.school_year
        and coalesce(a.action_date < k.entry_date, a.school_year < k.school_year)
    group by k.lea_id, k.student_key
),

-- A district that sent no discipline record at all is not a district without discipline.
told_of_discipline as (
    select distinct e.lea_id, e.student_key
    from earlier_enrollments as e
    inner join {{ ref('fct_discipline_action') }} as a
        on e.earlier_lea_id = a.lea_id and e.school_year = a.school_year
    where e.school_year >= e.entry_school_year - 1
)

select
    cast(i.lea_id as varchar) as lea_id,
    cast(i.school_id as varchar) as school_id,
    cast(i.school_year as integer) as school_year,
    cast(i.student_key as varchar) as student_key,
    cast(i.grade_level_code as varchar) as grade_level_code,
    cast(i.entry_date as date) as entry_date,
    cast(i.entry_type_code as varchar) as entry_type_code,
    cast(case when i.previous_lea_id is null then 'no_earlier_record' else 'another_district' end as varchar) as came_from,
    cast(i.previous_lea_id as varchar) as previous_lea_id,
    cast(o.org_name as varchar) as previous_lea_name,
    cast(i.previous_school_id as varchar) as previous_school_id,
    cast(c.org_name as varchar) as previous_school_name,
    cast(i.previous_school_year as integer) as previous_school_year,
    cast(i.previous_grade_level_code as varchar) as previous_grade_level_code,
    cast(i.previous_exit_date as date) as previous_exit_date,
    cast(n.previous_lea_count as integer) as previous_lea_count,
    cast(y.days_enrolled as bigint) as days_enrolled_last_year,
    cast(y.days_absent as bigint) as days_absent_last_year,
    cast(u.idea as varchar) as idea_last_year,
    cast(u.section_504 as varchar) as section_504_last_year,
    cast(u.english_learner as varchar) as english_learner_last_year,
    {%- for name in programs %}
    cast(p.{{ name }}_begin_date as date) as {{ name }}_begin_date,
    {%- endfor %}
    {%- for name in subjects %}
    cast(t.{{ name }}_performance_level as varchar) as {{ name }}_performance_level,
    cast(t.{{ name }}_assessment_type_code as varchar) as {{ name }}_assessment_type_code,
    cast(t.{{ name }}_test_date as date) as {{ name }}_test_date,
    {%- endfor %}
    cast(l.performance_level as varchar) as english_language_performance_level,
    cast(l.test_date as date) as english_language_test_date,
    cast(g.credits_earned as decimal(12, 3)) as credits_earned,
    cast(case when w.student_key is not null then coalesce(r.out_of_school_suspension_count, 0) end as bigint)
        as out_of_school_suspension_count,
    cast(case when w.student_key is not null then coalesce(r.expulsion_count, 0) end as bigint) as expulsion_count,
    cast(q.as_of_date as date) as previous_as_of_date,
    cast(d.as_of_date as date) as as_of_date
from incoming as i
inner join {{ ref('dim_delivery') }} as d on i.delivery_key = d.delivery_key
left join {{ ref('dim_delivery') }} as q on i.previous_delivery_key = q.delivery_key
left join {{ ref('dim_organization') }} as o on o.org_level = 'lea' and i.previous_lea_id = o.org_id
left join {{ ref('dim_organization') }} as c on c.org_level = 'school' and i.previous_school_id = c.org_id
left join {{ ref('fct_student_year') }} as y
    on i.previous_lea_id is not null and i.student_key = y.student_key and i.school_year - 1 = y.school_year
left join {{ ref('dim_student_year') }} as u
    on i.previous_lea_id is not null and i.student_key = u.student_key and i.school_year - 1 = u.school_year
left join previous_districts as n on i.lea_id = n.lea_id and i.student_key = n.student_key
left join programs as p on i.lea_id = p.lea_id and i.student_key = p.student_key
left join tests as t on i.lea_id = t.lea_id and i.student_key = t.student_key
left join language_levels as l on i.lea_id = l.lea_id and i.student_key = l.student_key and l.recency = 1
left join credits as g on i.lea_id = g.lea_id and i.student_key = g.student_key
left join removals as r on i.lea_id = r.lea_id and i.student_key = r.student_key
left join told_of_discipline as w on i.lea_id = w.lea_id and i.student_key = w.student_key
