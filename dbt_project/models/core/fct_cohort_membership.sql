with parameters as (
    {{ parameters_of('I13', [
        'summer_end_month', 'summer_end_day', 'counts_alternate_diploma', 'partial_attendance_to_longest_school',
        'partial_attendance_percent']) }}
),

extents as (
    select * from (values (4), (5), (6)) as e (years)
),

-- A year can end a cohort once some district has sent it to its last day of instruction.
closed_years as (
    select school_year, max(as_of_date) as as_of_date
    from {{ ref('dim_delivery') }}
    where lea_id is not null and (last_instructional_date is null or as_of_date >= last_instructional_date)
    group by school_year
),

cohorts as (
    select
        c.authority, x.years, c.student_key, c.cohort_year, y.school_year, y.as_of_date, c.entry_reason,
        c.entry_school_year, c.entry_date, c.entry_grade_level_code, c.membership_date,
        make_date(y.school_year, p.summer_end_month, p.summer_end_day) as window_end,
        p.counts_alternate_diploma, p.partial_attendance_to_longest_school, p.partial_attendance_percent
    from {{ ref('fct_cohort_entry') }} as c
    cross join extents as x
    inner join closed_years as y on c.cohort_year + x.years - 1 = y.school_year
    inner join parameters as p on c.authority = p.authority and {{ holds_in('p', 'y.school_year') }}
    where c.entry_reason <> 'before_first_year_of_data'
),

enrollments as (
    select
        c.authority, c.years, c.window_end, e.*,
        e.has_left and e.exit_date <= c.window_end as has_left_by_then
    from cohorts as c
    inner join {{ ref('fct_student_enrollment') }} as e
        on c.student_key = e.student_key and e.school_year between c.entry_school_year and c.school_year
),

placed as (
    select
        *,
        row_number() over (
            partition by authority, years, student_key order by place_in_state desc
        ) as recency,
        count(*) over (partition by authority, years, student_key) as enrollment_count,
        max(entry_date) over (partition by authority, years, student_key) as latest_entry_date,
        sum(case when has_left_by_then and exit_kind in ('discontinued', 'unknown', 'not_stated') then 1 else 0 end)
            over (partition by authority, years, student_key) as reported_dropout_count
    from enrollments
),

last_enrollments as (
    select p.*, coalesce(s.school_count, 0) as concurrent_school_count
    from placed as p
    left join (
        -- Schools at which the student was still a member on the last day of the last enrolment, itself included.
        select a.authority, a.years, a.student_key, count(distinct b.school_id) as school_count
        from placed as a
        inner join placed as b
            on a.authority = b.authority and a.years = b.years and a.student_key = b.student_key
            and b.entry_date <= a.end_date and b.end_date >= a.end_date
        where a.recency = 1
        group by a.authority, a.years, a.student_key
    ) as s on p.authority = s.authority and p.years = s.years and p.student_key = s.student_key
    where p.recency = 1
),

credentials as (
    select
        c.authority, c.years, c.student_key, d.lea_id, d.school_id, d.diploma_date, d.diploma_type_code, r.counts_as,
        row_number() over (
            partition by c.authority, c.years, c.student_key
            order by case r.counts_as when 'regular' then 1 when 'alternate' then 2 when 'equivalency' then 3 else 4 end,
                d.diploma_date, d.diploma_type_code, d.lea_id, d.school_id nulls last
        ) as preference
    from cohorts as c
    inner join {{ ref('stg_diplomas') }} as d on c.student_key = d.student_key and d.diploma_date <= c.window_end
    inner join {{ ref('diploma_rules') }} as r on d.diploma_type_code = r.diploma_type_code
),

senders_of_diplomas as (
    select distinct lea_id, school_year from {{ ref('stg_diplomas') }}
),

reported_graduations as (
    -- The word of a district counts where it sends no diploma records; where it does, the records are its word.
    select e.authority, e.years, e.student_key, min(e.exit_date) as exit_date
    from enrollments as e
    left join senders_of_diplomas as s on e.lea_id = s.lea_id and e.school_year = s.school_year
    where e.has_left_by_then and e.exit_kind = 'graduated' and s.lea_id is null
    group by e.authority, e.years, e.student_key
),

deaths as (
    -- A death ends every enrolment, though a school forgot to close one; an enrolment begun after it refutes it.
    select p.authority, p.years, p.student_key, max(p.document_date) as document_date
    from placed as p
    where p.has_left_by_then and p.document_shows = 'died' and p.exit_date >= p.latest_entry_date
    group by p.authority, p.years, p.student_key
),

served_under_idea as (
    select distinct c.authority, c.years, c.student_key
    from cohorts as c
    inner join {{ ref('dim_student_year') }} as u
        on c.student_key = u.student_key and u.school_year between c.entry_school_year and c.school_year
    where u.idea = 'Yes'
),

judged as (
    select
        c.*, e.delivery_key, e.lea_id as last_lea_id, e.school_id as last_school_id, e.school_year as last_school_year,
        e.entry_date as last_entry_date, e.has_left_by_then,
        case when e.has_left_by_then then e.exit_date end as last_exit_date,
        case when e.has_left_by_then then e.exit_type_code end as last_exit_type_code,
        e.concurrent_school_count,
        e.reported_dropout_count
            - case when e.has_left_by_then and e.exit_kind in ('discontinued', 'unknown', 'not_stated') then 1 else 0 end
            as return_count,
        d.school_id as diploma_school_id, d.diploma_date, d.diploma_type_code, g.exit_date as graduation_exit_date,
        case when x.student_key is not null then 'DeathRecord' else e.document_type_code end as document_type_code,
        case when x.student_key is not null then x.document_date else e.document_date end as document_date,
        case
            when d.counts_as = 'regular' then 'regular_diploma'
            when g.student_key is not null then 'graduation_reported'
            when d.counts_as = 'alternate' and c.counts_alternate_diploma = 1 and i.student_key is not null
                then 'alternate_diploma'
            when x.student_key is not null then 'died'
            when e.has_left_by_then and e.document_shows is not null and e.document_shows <> 'died' then e.document_shows
            when c.entry_reason = 'first_time_grade_9' and e.has_left_by_then and e.exit_date < c.membership_date
                then 'left_before_membership_date'
            when d.counts_as = 'alternate' then 'alternate_diploma_not_counted'
            when d.counts_as = 'equivalency' then 'equivalency'
            when d.counts_as = 'other' then 'other_credential'
            when not e.has_left_by_then and e.school_year = c.school_year then 'still_enrolled'
            when not e.has_left_by_then then 'no_later_record'
            when e.document_type_code is not null then 'program_without_diploma'
            else coalesce(r.stays_because, 'exit_not_recorded')
        end as outcome_reason
    from cohorts as c
    inner join last_enrollments as e
        on c.authority = e.authority and c.years = e.years and c.student_key = e.student_key
    left join credentials as d
        on c.authority = d.authority and c.years = d.years and c.student_key = d.student_key and d.preference = 1
    left join reported_graduations as g
        on c.authority = g.authority and c.years = g.years and c.student_key = g.student_key
    left join deaths as x on c.authority = x.authority and c.years = x.years and c.student_key = x.student_key
    left join served_under_idea as i
        on c.authority = i.authority and c.years = i.years and c.student_key = i.student_key
    left join {{ ref('exit_rules') }} as r on e.exit_type_code = r.exit_type_code
),

school_days as (
    select
        e.authority, e.years, e.student_key, y.school_id, y.school_year,
        sum(y.days_enrolled) as days_enrolled, max(y.first_entry_date) as first_entry_date
    from cohorts as e
    inner join {{ ref('fct_student_school_year') }} as y
        on e.student_key = y.student_key and y.school_year between e.entry_school_year and e.school_year
    group by e.authority, e.years, e.student_key, y.school_id, y.school_year
),

longest as (
    select
        authority, years, student_key, school_id,
        row_number() over (
            partition by authority, years, student_key
            order by sum(coalesce(days_enrolled, 0)) desc, max(school_year) desc, max(first_entry_date) desc, school_id
        ) as place
    from school_days
    group by authority, years, student_key, school_id
),

calendar_lengths as (
    select school_id, school_year, max(day_ordinal) as day_count
    from {{ ref('dim_calendar') }}
    group by school_id, school_year
),

attributed as (
    select
        j.*,
        case
            when b.effect = 'graduate' and own.school_id is not null then 'school_of_the_diploma'
            -- Attended the last school for less than half of its year and left without a diploma.
            when b.effect = 'not_graduate' and j.has_left_by_then and j.partial_attendance_to_longest_school = 1
                and 100 * coalesce(t.days_enrolled, 0) < j.partial_attendance_percent * n.day_count
                and l.school_id is not null
                then 'longest_school'
            else 'last_school'
        end as attribution,
        own.school_id as own_diploma_school_id, l.school_id as longest_school_id, b.effect, b.rule_number
    from judged as j
    inner join {{ ref('cohort_rules') }} as b on j.outcome_reason = b.reason_code
    left join (select distinct authority, years, student_key, school_id from enrollments) as own
        on j.authority = own.authority and j.years = own.years and j.student_key = own.student_key
        and j.diploma_school_id = own.school_id and j.outcome_reason in ('regular_diploma', 'alternate_diploma')
    left join longest as l
        on j.authority = l.authority and j.years = l.years and j.student_key = l.student_key and l.place = 1
    left join school_days as t
        on j.authority = t.authority and j.years = t.years and j.student_key = t.student_key
        and j.last_school_id = t.school_id and j.last_school_year = t.school_year
    left join calendar_lengths as n on j.last_school_id = n.school_id and j.last_school_year = n.school_year
),

located as (
    select
        *,
        case attribution
            when 'school_of_the_diploma' then own_diploma_school_id
            when 'longest_school' then longest_school_id
            else last_school_id
        end as school_id,
        -- The record the outcome rests on.
        case
            when outcome_reason in (
                'regular_diploma', 'alternate_diploma', 'alternate_diploma_not_counted', 'equivalency', 'other_credential')
                and diploma_date is not null then 'diplomas'
            when outcome_reason in (
                'transferred_out', 'emigrated', 'died', 'diploma_program_in_facility', 'program_without_diploma')
                then 'exit_documents'
            else 'enrollments'
        end as evidence_record
    from attributed
)

select
    l.authority, l.years, l.school_year, l.cohort_year, l.student_key,
    l.entry_reason, n.rule_number as entry_rule_number, l.entry_school_year, l.entry_date, l.entry_grade_level_code,
    l.outcome_reason, l.rule_number as outcome_rule_number,
    case when l.effect = 'removed' then 0 else 1 end as is_in_denominator,
    case when l.effect = 'graduate' then 1 else 0 end as is_in_numerator,
    l.evidence_record,
    case l.evidence_record
        when 'diplomas' then l.diploma_type_code
        when 'exit_documents' then l.document_type_code
        else case when l.outcome_reason = 'graduation_reported' then '01921' else l.last_exit_type_code end
    end as evidence_code,
    case l.evidence_record
        when 'diplomas' then l.diploma_date
        when 'exit_documents' then l.document_date
        else case when l.outcome_reason = 'graduation_reported' then l.graduation_exit_date else l.last_exit_date end
    end as evidence_date,
    coalesce(o.lea_id, l.last_lea_id) as lea_id, l.school_id, l.attribution,
    l.last_lea_id, l.last_school_id, l.last_exit_date, l.last_exit_type_code,
    l.concurrent_school_count, l.return_count,
    make_date(l.cohort_year - 1, 7, 1) as period_start, l.window_end as period_end, l.as_of_date
from located as l
inner join {{ ref('cohort_rules') }} as n on l.entry_reason = n.reason_code
left join {{ ref('dim_organization') }} as o on o.org_level = 'school' and l.school_id = o.org_id
