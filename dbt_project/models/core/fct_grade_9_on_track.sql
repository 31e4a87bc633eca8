with parameters as (
    {{ parameters_of('I10', ['minimum_credit_tenths', 'minimum_semester_one_credit_tenths', 'maximum_core_f',
        'counts_summer_credits', 'semester_one_month', 'semester_one_day']) }}
),

first_time as (
    select distinct student_key, entry_school_year as school_year
    from {{ ref('fct_cohort_entry') }}
    where entry_grade_level_code = '09'
),

semester_one_places as (
    select
        e.student_key, e.school_year, coalesce(o.lea_id, e.lea_id) as lea_id, e.school_id, d.as_of_date, p.authority,
        row_number() over (
            partition by p.authority, e.student_key, e.school_year
            order by e.entry_date desc, e.lea_id, e.school_id, e.source_id
        ) as preference
    from {{ ref('fct_student_enrollment') }} as e
    inner join first_time as f on e.student_key = f.student_key and e.school_year = f.school_year
    inner join parameters as p
        on {{ holds_in('p', 'e.school_year') }}
        and make_date(e.school_year, p.semester_one_month, p.semester_one_day) between e.entry_date and e.end_date
    inner join {{ ref('dim_delivery') }} as d on e.delivery_key = d.delivery_key
    left join {{ ref('dim_organization') }} as o on o.org_level = 'school' and e.school_id = o.org_id
),

checkpoints as (
    select
        p.authority, 'year_end' as checkpoint, y.student_key, y.school_year, y.lea_id, y.school_id, y.as_of_date,
        make_date(y.school_year, 6, 30) as checkpoint_date,
        y.credits_earned + p.counts_summer_credits * coalesce(y.summer_credits_earned, 0) as credits_earned,
        y.core_f_count, y.described_count, p.minimum_credit_tenths, p.maximum_core_f, y.is_lea_sending_grades,
        y.exclusion_reason
    from {{ ref('fct_student_progress') }} as y
    inner join first_time as f on y.student_key = f.student_key and y.school_year = f.school_year
    inner join parameters as p on {{ holds_in('p', 'y.school_year') }}
    union all
    select
        p.authority, 'semester_1', y.student_key, y.school_year, coalesce(s.lea_id, y.lea_id),
        coalesce(s.school_id, y.school_id), coalesce(s.as_of_date, y.as_of_date),
        make_date(y.school_year, p.semester_one_month, p.semester_one_day),
        y.semester_one_credits_earned, y.semester_one_core_f_count, y.semester_one_described_count,
        p.minimum_semester_one_credit_tenths, p.maximum_core_f, y.is_lea_sending_grades,
        case
            when s.student_key is null then 'not_enrolled_at_the_checkpoint'
            when s.as_of_date < make_date(y.school_year, p.semester_one_month, p.semester_one_day)
                then 'checkpoint_not_reached'
        end
    from {{ ref('fct_student_progress') }} as y
    inner join first_time as f on y.student_key = f.student_key and y.school_year = f.school_year
    inner join parameters as p on {{ holds_in('p', 'y.school_year') }}
    left join semester_one_places as s
        on y.student_key = s.student_key and y.school_year = s.school_year and p.authority = s.authority
        and s.preference = 1
)

select
    authority, checkpoint, school_year, student_key, lea_id, school_id, as_of_date, checkpoint_date, credits_earned,
    core_f_count,
    case when credits_earned is null or described_count = 0 then 1 else 0 end as n_missing,
    case when described_count > 0 and 10 * credits_earned >= minimum_credit_tenths and core_f_count <= maximum_core_f
        then 1 else 0 end as is_on_track,
    case
        when exclusion_reason is not null then exclusion_reason
        when not is_lea_sending_grades then 'no_grades_sent'
    end as exclusion_reason
from checkpoints
