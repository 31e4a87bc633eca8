with newest_years as (
    select lea_id, max(school_year) as school_year
    from {{ ref('dim_delivery') }}
    where lea_id is not null
    group by lea_id
),

last_enrollments as (
    select
        *, row_number() over (partition by lea_id, student_key order by place_in_state desc) as recency
    from {{ ref('fct_student_enrollment') }}
    where lea_id is not null
),

-- The best credential of the district's own schools.
completions as (
    select
        lea_id, student_key, school_id, school_year, counts_as, completion_date,
        row_number() over (
            partition by lea_id, student_key
            order by case counts_as when 'regular' then 1 when 'alternate' then 2 when 'equivalency' then 3 else 4 end
        ) as preference
    from {{ ref('fct_high_school_completion') }}
    where exclusion_reason is null
),

-- Who left high school, who went on elsewhere without a word, who was not sent again, and who finished though no exit was
-- recorded.
leavers as (
    select
        e.lea_id, e.student_key, e.delivery_key, e.grade_level_code, e.exit_date, e.exit_type_code, e.exit_kind,
        e.reconciliation, e.next_entry_date, coalesce(c.school_id, e.school_id) as school_id,
        coalesce(c.school_year, e.school_year) as school_year, c.counts_as, c.completion_date,
        coalesce(c.counts_as = 'regular', false) or e.next_entry_date is null as counts_here
    from last_enrollments as e
    inner join newest_years as n on e.lea_id = n.lea_id
    left join completions as c on e.lea_id = c.lea_id and e.student_key = c.student_key and c.preference = 1
    where e.recency = 1
        and (
            c.school_year >= e.school_year
            or (
                (c.student_key is not null or e.grade_level_code in ('09', '10', '11', '12', '13'))
                and (e.has_left or e.reconciliation = 'goes_on' or n.school_year > e.school_year)
            )
        )
),

-- A search is blocked for somebody a college has enrolled, and by their own wish or the college's: to tell a block from a
-- search that was never made would tell what the block withholds. So nothing of college is told of them, not even what was
-- known before the block.
blocked as (
    select student_key
    from (
        select
            student_key, search_outcome_code,
            row_number() over (partition by student_key order by search_date desc) as recency
        from {{ ref('fct_postsecondary_search') }}
    ) as searches
    where recency = 1 and search_outcome_code = 'Blocked'
),

windows as (
    select w.*, e.institution_level_code
    from {{ ref('fct_college_enrollment_window') }} as w
    left join {{ ref('fct_postsecondary_enrollment') }} as e
        on w.student_key = e.student_key and w.institution_id = e.institution_id and w.begin_date = e.begin_date
    left join blocked as b on w.student_key = b.student_key
    where b.student_key is null
),

first_awards as (
    select
        a.student_key, a.award_date, a.award_level_code,
        row_number() over (
            partition by a.student_key order by a.award_date, a.award_level_code nulls last, a.institution_id
        ) as place
    from {{ ref('fct_postsecondary_award') }} as a
    left join blocked as b on a.student_key = b.student_key
    where b.student_key is null
)

select
    cast(l.lea_id as varchar) as lea_id,
    cast(l.school_id as varchar) as school_id,
    cast(l.school_year as integer) as school_year,
    cast(l.student_key as varchar) as student_key,
    cast(l.grade_level_code as varchar) as grade_level_code,
    cast(l.counts_as as varchar) as completion_type,
    cast(l.completion_date as date) as completion_date,
    cast(l.exit_date as date) as last_exit_date,
    cast(l.exit_type_code as varchar) as last_exit_type_code,
    cast(l.exit_kind as varchar) as exit_kind,
    cast(l.reconciliation as varchar) as reconciliation,
    cast(l.next_entry_date as date) as next_entry_date,
    l.counts_here,
    case o.enrollment_status when 'enrolled' then true when 'not_enrolled' then false end as is_in_college_by_october_31,
    case x.enrollment_status when 'enrolled' then true when 'not_enrolled' then false end as is_in_college_within_16_months,
    cast(coalesce(o.begin_date, x.begin_date) as date) as college_begin_date,
    cast(coalesce(o.institution_sector, x.institution_sector) as varchar) as institution_sector,
    cast(coalesce(o.institution_level_code, x.institution_level_code) as varchar) as institution_level_code,
    cast(nullif(c.second_fall_status, 'no_information') as varchar) as second_fall_status,
    cast(a.award_date as date) as first_award_date,
    cast(a.award_level_code as varchar) as first_award_level_code,
    -- Of the class, not of the student: a date that were missing for the blocked would give them away.
    cast(k.as_of_date as date) as college_as_of_date,
    cast(coalesce(s.status, 'provisional') as varchar) as status,
    cast(d.as_of_date as date) as as_of_date
from leavers as l
inner join {{ ref('dim_delivery') }} as d on l.delivery_key = d.delivery_key
left join windows as o
    on l.lea_id = o.lea_id and l.student_key = o.student_key and o.window_name = 'october_31'
left join windows as x
    on l.lea_id = x.lea_id and l.student_key = x.student_key and x.window_name = 'sixteen_months'
-- Only of those shown to be in college: the windows leave out the blocked.
left join {{ ref('fct_college_student') }} as c on o.student_key = c.student_key and o.enrollment_status = 'enrolled'
left join first_awards as a on l.counts_here and l.student_key = a.student_key and a.place = 1
left join (
    select school_year, max(as_of_date) as as_of_date
    from {{ ref('fct_college_enrollment_window') }}
    group by school_year
) as k on l.school_year = k.school_year
left join {{ ref('collection_status') }} as s on s.collection = 'postsecondary' and l.school_year = s.school_year
