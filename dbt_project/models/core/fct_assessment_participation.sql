{%- set levels = ['school', 'lea', 'state'] -%}
with parameters as (
    {{ parameters_of('I06', [
        'full_year_month', 'full_year_day', 'full_year_allowed_gap_days', 'recent_arrival_days']) }}
),

-- A state has one full academic year: that of its accountability.
full_year_rules as (
    select * from parameters where authority = 'essa_accountability'
),

records as (
    {{ state_test_results() }}
),

chosen_records as (
    {{ result_that_counts('(select * from records where subject is not null)', 'subject') }}
),

test_days as (
    {{ test_days("(select * from records where subject is not null and assessment_type_code = 'StateSummative')",
        ['subject', 'grade_level_code']) }}
),

senders_of_results as (
    select distinct school_year, lea_id from records
),

members_on_test_days as (
    {{ members_on_test_days('test_days') }}
),

-- One row per student, school year and subject: with a record, or on the test day without one.
students_and_subjects as (
    select
        coalesce(c.student_key, m.student_key) as student_key, coalesce(c.school_year, m.school_year) as school_year,
        coalesce(c.subject, m.subject) as subject, coalesce(c.administration_date, m.test_date) as test_date,
        c.student_key is not null as has_record, c.lea_id as record_lea_id, c.grade_level_code as tested_grade_level_code,
        c.assessment_id, c.assessment_type_code, c.assessment_type_administered_code, c.participation,
        c.reason_not_tested_code, c.score_type, c.score, c.performance_level, c.level_number, c.is_proficient
    from chosen_records as c
    full outer join members_on_test_days as m
        on c.student_key = m.student_key and c.school_year = m.school_year and c.subject = m.subject
),

placed as (
    {{ placed_on_test_day('students_and_subjects', ['student_key', 'school_year', 'subject']) }}
),

-- Membership of each school, each district and the state, with the days until then without it.
memberships as (
    select
        *,
        max(end_date) over (
            partition by student_key, school_year, org_level, org_id order by entry_date, end_date
            rows between unbounded preceding and 1 preceding
        ) as member_through
    from (
        {%- for level in levels %}
        {% if not loop.first %}union all{% endif %}
        select
            student_key, school_year, '{{ level }}' as org_level,
            {{ "'ST'" if level == 'state' else level ~ '_id' }} as org_id, entry_date, end_date
        from {{ ref('fct_student_enrollment') }}
        {%- endfor %}
    ) as m
),

full_years as (
    select
        p.student_key, p.school_year, p.subject, m.org_level,
        bool_or(f.begin_date between m.entry_date and m.end_date)
            and not bool_or(m.entry_date > f.begin_date and m.entry_date <= p.test_date
                and coalesce({{ days_between('m.member_through', 'm.entry_date') }} - 1 > f.allowed_gap_days, false))
            as is_full_year
    from placed as p
    inner join (
        select
            y.school_year, r.full_year_allowed_gap_days as allowed_gap_days,
            make_date(y.school_year - case when r.full_year_month >= 7 then 1 else 0 end, r.full_year_month,
                r.full_year_day) as begin_date
        from (select distinct school_year from placed) as y
        inner join full_year_rules as r on {{ holds_in('r', 'y.school_year') }}
    ) as f on p.school_year = f.school_year
    inner join memberships as m
        on p.student_key = m.student_key and p.school_year = m.school_year
        and m.org_id = case m.org_level when 'school' then p.school_id when 'lea' then p.lea_id else 'ST' end
    where p.school_id is not null
    group by p.student_key, p.school_year, p.subject, m.org_level
),

-- Whoever entered a school of the United States for the first time, or came from a school abroad.
arrivals as (
    select student_key, entry_date
    from {{ ref('fct_student_enrollment') }}
    where entry_type_code in ('01830', '01838')
    group by student_key, entry_date
),

recent_arrivals as (
    select distinct p.student_key, p.school_year, p.subject
    from placed as p
    inner join full_year_rules as r on {{ holds_in('r', 'p.school_year') }}
    inner join {{ ref('dim_student_year') }} as u
        on p.student_key = u.student_key and p.school_year = u.school_year and u.english_learner = 'Yes'
    inner join arrivals as a on p.student_key = a.student_key and a.entry_date <= p.test_date
    where {{ days_between('a.entry_date', 'p.test_date') }} < r.recent_arrival_days
),

took_english_test as (
    select distinct student_key, school_year
    from {{ ref('fct_assessment_result') }}
    where assessment_type_code in ('LanguageProficiency', 'AlternateAssessmentELL') and participation = 'Participated'
),

judged as (
    select
        p.*, d.as_of_date, a.student_key is not null as is_recent_arrival,
        {% for level in levels -%}
        coalesce(f_{{ level }}.is_full_year, false) as is_full_year_{{ level }},
        {% endfor -%}
        case
            when p.assessment_type_code = 'AlternateAssessmentAlternateStandards' then 'ALTASSALTACH'
            when p.assessment_type_administered_code in ('REGASSWOACC', 'REGASSWACC', 'ALTASSALTACH')
                then p.assessment_type_administered_code
            -- Senders tell accommodations, not their absence.
            else 'REGASSWOACC'
        end as administered_code,
        case
            when p.school_id is null then 'not_enrolled_on_test_day'
            when p.participation = 'MedicalExemption' then 'medical_exemption'
            when p.participation = 'DidNotParticipate' and p.reason_not_tested_code = '03456' then 'passed_earlier'
            when not p.has_record and s.school_year is null and n.school_year is null then 'results_not_sent'
        end as exclusion_reason,
        p.subject = 'ReadingLanguageArts' and a.student_key is not null and t.student_key is not null
            as may_take_english_test_instead
    from placed as p
    left join {{ ref('dim_delivery') }} as d on p.delivery_key = d.delivery_key
    {%- for level in levels %}
    left join full_years as f_{{ level }}
        on p.student_key = f_{{ level }}.student_key and p.school_year = f_{{ level }}.school_year
        and p.subject = f_{{ level }}.subject and f_{{ level }}.org_level = '{{ level }}'
    {%- endfor %}
    left join recent_arrivals as a
        on p.student_key = a.student_key and p.school_year = a.school_year and p.subject = a.subject
    left join took_english_test as t on p.student_key = t.student_key and p.school_year = t.school_year
    left join senders_of_results as s on p.lea_id = s.lea_id and p.school_year = s.school_year
    left join senders_of_results as n on n.lea_id is null and p.school_year = n.school_year
)

select
    student_key, school_year, subject, lea_id, school_id, grade_level_code, test_date, has_record, record_lea_id,
    is_full_year_school, is_full_year_lea, is_full_year_state, is_recent_arrival,
    assessment_id, assessment_type_code, reason_not_tested_code,
    case when participation = 'Participated' then administered_code end as assessment_type_administered_code,
    case
        when exclusion_reason = 'medical_exemption' then 'MEDEXEMPT'
        when exclusion_reason is not null then null
        when participation = 'Participated' then replace(administered_code, 'ASS', 'PART')
        when may_take_english_test_instead then 'PARTELP'
        else 'NPART'
    end as participation_code,
    exclusion_reason is null as is_required,
    exclusion_reason is null and is_proficient is not null as has_valid_score,
    score_type, score, performance_level, level_number, is_proficient, exclusion_reason, as_of_date
from judged
