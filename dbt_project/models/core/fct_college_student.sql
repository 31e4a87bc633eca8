with fall as (
    {{ parameters_of('I25a', ['fall_begin_month', 'fall_begin_day', 'fall_end_month', 'fall_end_day']) }}
),

-- Graduates who were in college by October 31 of the year they graduated, with the first term there.
entrants as (
    select
        w.student_key, w.school_year, w.lea_id, w.school_id, w.institution_id, w.begin_date, e.program_length_months,
        case when e.enrollment_intensity_code = '01' then true when e.enrollment_intensity_code is not null then false end
            as is_full_time,
        {{ add_months('w.begin_date', 12) }} as first_year_end,
        make_date(w.school_year + 1, f.fall_begin_month, f.fall_begin_day) as second_fall_begin,
        make_date(w.school_year + 1, f.fall_end_month, f.fall_end_day) as second_fall_end
    from {{ ref('fct_college_enrollment_window') }} as w
    inner join fall as f on {{ holds_in('f', 'w.school_year') }}
    inner join {{ ref('fct_postsecondary_enrollment') }} as e
        on w.student_key = e.student_key and w.institution_id = e.institution_id and w.begin_date = e.begin_date
    where w.window_name = 'october_31' and w.enrollment_status = 'enrolled'
),

terms as (
    select
        s.student_key,
        bool_or(e.begin_date between s.second_fall_begin and s.second_fall_end) as has_second_fall,
        bool_or(e.institution_id = s.institution_id and e.begin_date between s.second_fall_begin and s.second_fall_end)
            as has_second_fall_there,
        -- The first twelve months, at any institution; a term of which no credits are told leaves the sum unknown.
        case when bool_and(e.credits_earned is not null or e.begin_date >= s.first_year_end)
            then sum(e.credits_earned) filter (where e.begin_date < s.first_year_end)
        end as first_year_credits,
        max(e.gateway_mathematics_code) filter (where e.begin_date < s.first_year_end) as gateway_mathematics_code,
        max(e.gateway_english_code) filter (where e.begin_date < s.first_year_end) as gateway_english_code,
        max(e.cohort_exclusion_code) as cohort_exclusion_code
    from entrants as s
    inner join {{ ref('fct_postsecondary_enrollment') }} as e
        on s.student_key = e.student_key and e.begin_date >= s.begin_date
    group by s.student_key
),

awards as (
    select
        s.student_key, min(a.award_date) as award_date,
        min(a.award_date) filter (where a.institution_id = s.institution_id) as award_date_there
    from entrants as s
    inner join {{ ref('fct_postsecondary_award') }} as a on s.student_key = a.student_key and a.award_date > s.begin_date
    group by s.student_key
),

-- The newest search after the second fall began tells whether silence is a no.
searches as (
    select
        s.student_key, p.search_outcome_code,
        row_number() over (partition by s.student_key order by p.search_date desc) as recency
    from entrants as s
    inner join {{ ref('fct_postsecondary_search') }} as p
        on s.student_key = p.student_key and p.search_date >= s.second_fall_end
),

known as (
    select max(known_date) as known_through, max(enrollment_date) as enrollments_known_through
    from (
        select max(search_date) as known_date, max(search_date) as enrollment_date from {{ ref('fct_postsecondary_search') }}
        union all
        select max(begin_date), max(begin_date) from {{ ref('fct_postsecondary_enrollment') }}
        union all
        select max(award_date), null from {{ ref('fct_postsecondary_award') }}
    ) as dates
)

select
    s.student_key, s.school_year, s.lea_id, s.school_id, s.institution_id, s.begin_date, s.program_length_months,
    s.is_full_time, t.cohort_exclusion_code, s.second_fall_end, s.first_year_end,
    case
        when k.enrollments_known_through < s.second_fall_end then 'not_yet_known'
        when t.has_second_fall_there then 'same_institution'
        when t.has_second_fall then 'other_institution'
        when a.award_date <= s.second_fall_end then 'completed'
        when p.search_outcome_code in ('NoEnrollmentFound', 'EnrollmentFound') then 'not_found'
        else 'no_information'
    end as second_fall_status,
    coalesce(a.award_date <= s.second_fall_end, false) as has_award_by_second_fall,
    coalesce(a.award_date_there <= s.second_fall_end, false) as has_award_there_by_second_fall,
    cast(t.first_year_credits as decimal(9, 3)) as first_year_credits, t.gateway_mathematics_code, t.gateway_english_code,
    a.award_date as first_award_date, a.award_date_there as first_award_date_there,
    k.enrollments_known_through, k.known_through as as_of_date
from entrants as s
cross join known as k
inner join terms as t on s.student_key = t.student_key
left join awards as a on s.student_key = a.student_key
left join searches as p on s.student_key = p.student_key and p.recency = 1
