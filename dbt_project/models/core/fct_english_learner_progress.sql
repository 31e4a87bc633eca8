with parameters as (
    {{ parameters_of('I09a', ['years_to_proficiency']) }}
),

records as (
    select *
    from {{ ref('fct_assessment_result') }}
    where assessment_type_code in ('LanguageProficiency', 'AlternateAssessmentELL')
),

-- A screening test in the fall comes before the annual one: of several scores of a year the last counts.
chosen_records as (
    select * from (
        select
            *,
            row_number() over (
                partition by student_key, school_year
                order by
                    case when is_proficient is not null then 0 when participation = 'Participated' then 1
                        when participation = 'MedicalExemption' then 2 else 3 end,
                    administration_date desc, case when level_origin = 'reported' then 0 else 1 end,
                    score nulls last, assessment_id, score_type nulls last, lea_id nulls last, source_id
            ) as preference
        from records
    ) as r
    where preference = 1
),

test_days as (
    {{ test_days('chosen_records', []) }}
),

senders_of_results as (
    select distinct school_year, lea_id from records
),

english_learners as (
    select student_key, school_year from {{ ref('dim_student_year') }} where english_learner = 'Yes'
),

spells as (
    select student_key, begin_date, coalesce(end_date, date '9999-12-31') as end_date
    from {{ ref('fct_program_spell') }}
    where program_code = 'EnglishLearner'
),

-- Where the program is told with dates, only who was in it on the test day had to take the test.
left_before_test as (
    select d.school_year, s.student_key
    from test_days as d
    inner join spells as s
        on s.begin_date <= make_date(d.school_year, 6, 30) and s.end_date >= make_date(d.school_year - 1, 7, 1)
    group by d.school_year, s.student_key
    having not bool_or(d.test_date between s.begin_date and s.end_date)
),

members_on_test_day as (
    select distinct e.student_key, e.school_year, d.test_date
    from {{ ref('fct_student_enrollment') }} as e
    inner join test_days as d on e.school_year = d.school_year and d.test_date between e.entry_date and e.end_date
    inner join english_learners as l on e.student_key = l.student_key and e.school_year = l.school_year
    left join left_before_test as x on e.student_key = x.student_key and e.school_year = x.school_year
    where x.student_key is null
        and e.grade_level_code in ('KG', '01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11', '12')
),

-- One row per student and school year: with a record, or an English learner on the test day without one.
students as (
    select
        coalesce(c.student_key, m.student_key) as student_key, coalesce(c.school_year, m.school_year) as school_year,
        coalesce(c.administration_date, m.test_date) as test_date, c.student_key is not null as has_record,
        c.lea_id as record_lea_id, c.grade_level_code as tested_grade_level_code, c.assessment_id,
        c.assessment_type_code, c.participation, c.score_type, c.score, c.performance_level, c.level_number,
        c.is_proficient
    from chosen_records as c
    full outer join members_on_test_day as m on c.student_key = m.student_key and c.school_year = m.school_year
),

placed as (
    {{ placed_on_test_day('students', ['student_key', 'school_year']) }}
),

-- Where the way to proficiency began: the first score of the same test and kind of score.
earlier_scores as (
    select
        student_key, school_year,
        first_value(school_year) over (
            partition by student_key, assessment_type_code, score_type order by school_year) as first_school_year,
        first_value(score) over (
            partition by student_key, assessment_type_code, score_type order by school_year) as first_score,
        lag(score) over (partition by student_key, assessment_type_code, score_type order by school_year) as earlier_score,
        lag(school_year) over (
            partition by student_key, assessment_type_code, score_type order by school_year) as earlier_school_year
    from chosen_records
    where score is not null and participation = 'Participated'
),

first_tests as (
    select student_key, min(school_year) as school_year
    from chosen_records
    where participation = 'Participated'
    group by student_key
),

-- The lowest score that was proficient on the day of the test.
proficient_scores as (
    select c.student_key, c.school_year, min(p.minimum_score) as proficient_score
    from chosen_records as c
    inner join {{ ref('dim_performance_level') }} as p
        on c.assessment_id = p.assessment_id and c.administration_date between p.begin_date and p.end_date
        and (p.lea_id is null or c.lea_id = p.lea_id)
        and (p.grade_level_code is null or c.grade_level_code = p.grade_level_code)
        and (p.score_type is null or c.score_type = p.score_type)
    where p.is_proficient
    group by c.student_key, c.school_year
),

judged as (
    select
        p.*, d.as_of_date, f.school_year = p.school_year as is_first_assessment, w.first_school_year, w.first_score,
        w.earlier_school_year, w.earlier_score, t.proficient_score,
        case
            when p.school_id is null then 'not_enrolled_on_test_day'
            when l.student_key is null then 'no_english_learner'
            when p.participation = 'MedicalExemption' then 'medical_exemption'
            when not p.has_record and s.school_year is null and n.school_year is null then 'results_not_sent'
        end as exclusion_reason,
        -- As far along the straight line from the first score to proficiency as the years that have passed.
        p.score * r.years_to_proficiency >= w.first_score * r.years_to_proficiency
            + (t.proficient_score - w.first_score) * least(p.school_year - w.first_school_year, r.years_to_proficiency)
            as is_on_target
    from placed as p
    left join parameters as r on {{ holds_in('r', 'p.school_year') }}
    left join english_learners as l on p.student_key = l.student_key and p.school_year = l.school_year
    left join {{ ref('dim_delivery') }} as d on p.delivery_key = d.delivery_key
    left join first_tests as f on p.student_key = f.student_key
    left join earlier_scores as w on p.student_key = w.student_key and p.school_year = w.school_year
    left join proficient_scores as t on p.student_key = t.student_key and p.school_year = t.school_year
    left join senders_of_results as s on p.lea_id = s.lea_id and p.school_year = s.school_year
    left join senders_of_results as n on n.lea_id is null and p.school_year = n.school_year
)

select
    student_key, school_year, lea_id, school_id, grade_level_code, test_date, has_record, assessment_id,
    case
        when participation <> 'Participated' or participation is null then null
        when assessment_type_code = 'AlternateAssessmentELL' then 'ALTELPASMNTALT'
        else 'REGELPASMNT'
    end as assessment_type_administered_code,
    case
        when exclusion_reason = 'medical_exemption' then 'MEDICAL'
        when exclusion_reason is not null then null
        when participation = 'Participated' then 'PART'
        else 'NPART'
    end as participation_code,
    exclusion_reason is null as is_required,
    exclusion_reason is null and is_proficient is not null as has_valid_score,
    coalesce(is_first_assessment, false) as is_first_assessment,
    score_type, score, performance_level, level_number, is_proficient, first_school_year, first_score,
    earlier_school_year, earlier_score, proficient_score,
    case
        when exclusion_reason is not null or is_proficient is null then null
        when is_proficient then 'PROFICIENT'
        when earlier_score is null or is_on_target is null then null
        when is_on_target then 'PROGRESS'
        else 'NOPROGRESS'
    end as progress_code,
    exclusion_reason, as_of_date
from judged
