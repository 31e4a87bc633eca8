with by_october as (
    {{ parameters_of('I24a', ['window_month', 'window_day']) }}
),

within_months as (
    {{ parameters_of('I24b', ['window_months']) }}
),

graduates as (
    select student_key, school_year, school_id, lea_id, completion_date as diploma_date
    from {{ ref('fct_high_school_completion') }}
    where exclusion_reason is null and counts_as = 'regular'
),

-- Both windows are of the class, so all authorities of one id share one; the day it closes for a class is told apart from
-- the day it closes for one graduate, which hangs on the diploma.
windows as (
    select distinct
        'october_31' as window_name, g.*, make_date(g.school_year, p.window_month, p.window_day) as window_end,
        make_date(g.school_year, p.window_month, p.window_day) as class_window_end
    from graduates as g
    inner join by_october as p on {{ holds_in('p', 'g.school_year') }}
    union all
    select distinct
        'sixteen_months', g.*, {{ add_months('g.diploma_date', 'p.window_months') }},
        {{ add_months('make_date(g.school_year, 6, 30)', 'p.window_months') }}
    from graduates as g
    inner join within_months as p on {{ holds_in('p', 'g.school_year') }}
),

known as (
    select max(known_date) as known_through
    from (
        select max(search_date) as known_date from {{ ref('fct_postsecondary_search') }}
        union all
        select max(begin_date) from {{ ref('fct_postsecondary_enrollment') }}
    ) as dates
),

-- A class has figures once something is known of the day its window closed; before, nobody can be said not to have enrolled.
closed as (
    select w.*, k.known_through
    from windows as w
    cross join known as k
    where k.known_through >= w.class_window_end
),

-- Terms begun from the diploma on: what was taken in high school is dual enrolment, not college after it.
terms as (
    select
        c.window_name, c.student_key, c.school_year, e.begin_date, e.institution_id, e.institution_level_code,
        e.institution_control_code, e.institution_state, e.begin_date <= c.window_end as is_in_window,
        row_number() over (
            partition by c.window_name, c.student_key, c.school_year
            order by e.begin_date, case e.institution_level_code when 'FourYear' then 1 when 'TwoToFour' then 2 else 3 end,
                e.institution_id
        ) as place
    from closed as c
    inner join {{ ref('fct_postsecondary_enrollment') }} as e
        on c.student_key = e.student_key and e.begin_date >= c.diploma_date
),

ever_in_college as (
    select distinct student_key from {{ ref('fct_postsecondary_enrollment') }}
),

-- Only a search after the window says who did not enrol in it; of several the newest.
searches as (
    select
        c.window_name, c.student_key, c.school_year, s.search_outcome_code, s.search_date,
        row_number() over (
            partition by c.window_name, c.student_key, c.school_year
            order by case when s.search_date >= c.window_end then 0 else 1 end, s.search_date desc
        ) as place,
        s.search_date >= c.window_end as is_after_window
    from closed as c
    inner join {{ ref('fct_postsecondary_search') }} as s on c.student_key = s.student_key
),

judged as (
    select
        c.*, t.begin_date as first_begin_date, t.institution_id, t.institution_level_code, t.institution_control_code,
        t.institution_state, t.is_in_window, s.search_date, s.search_outcome_code,
        case
            when t.is_in_window then 'record_in_window'
            when s.search_date is null then 'never_searched'
            when not s.is_after_window then 'searched_too_early'
            when s.search_outcome_code = 'NoEnrollmentFound' then 'search_found_nothing'
            when s.search_outcome_code = 'EnrollmentFound' and e.student_key is not null then 'records_outside_window'
            when s.search_outcome_code = 'EnrollmentFound' then 'found_without_record'
            when s.search_outcome_code = 'Blocked' then 'blocked'
            when s.search_outcome_code = 'NotSearchable' then 'not_searchable'
            else 'unknown_outcome'
        end as status_reason
    from closed as c
    left join terms as t
        on c.window_name = t.window_name and c.student_key = t.student_key and c.school_year = t.school_year
        and t.place = 1
    left join searches as s
        on c.window_name = s.window_name and c.student_key = s.student_key and c.school_year = s.school_year
        and s.place = 1
    left join ever_in_college as e on c.student_key = e.student_key
)

select
    j.window_name, j.school_year, j.student_key, j.lea_id, j.school_id, j.diploma_date, j.window_end,
    case
        when j.status_reason = 'record_in_window' then 'enrolled'
        when j.status_reason in ('search_found_nothing', 'records_outside_window') then 'not_enrolled'
        else 'no_information'
    end as enrollment_status,
    j.status_reason, j.search_date,
    case when j.is_in_window then j.first_begin_date end as begin_date,
    case when j.is_in_window then j.institution_id end as institution_id,
    case
        when not coalesce(j.is_in_window, false) then null
        when j.institution_state is null or j.institution_control_code is null then 'Unknown'
        when c.state_id is null then 'OutOfState'
        when j.institution_control_code <> 'Public' then 'InStatePrivate'
        when j.institution_level_code = 'FourYear' then 'InStatePublicFourYear'
        when j.institution_level_code in ('TwoToFour', 'LessThanTwo') then 'InStatePublicTwoYear'
        else 'Unknown'
    end as institution_sector,
    j.known_through as as_of_date
from judged as j
left join (
    -- The state's own id, and the postal code of it where the id is the FIPS code.
    select t.state_id, coalesce(p.postal_code, t.state_id) as postal_code
    from {{ ref('stg_state') }} as t
    left join {{ ref('state_codes') }} as p on t.state_id = p.fips_code
) as c on j.institution_state = c.postal_code
