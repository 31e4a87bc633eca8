with this_week as (
    select * from {{ ref('fct_early_warning') }} where week = 'this_week'
),

last_week as (
    select * from {{ ref('fct_early_warning') }} where week = 'last_week'
)

select
    cast(t.lea_id as varchar) as lea_id,
    cast(t.school_id as varchar) as school_id,
    cast(t.school_year as integer) as school_year,
    cast(t.student_key as varchar) as student_key,
    cast(t.grade_level_code as varchar) as grade_level_code,
    cast(t.as_of_date as date) as as_of_date,
    cast(t.level as integer) as level,
    t.is_flag_a,
    t.is_flag_b,
    t.is_flag_c,
    cast(t.thresholds_met as varchar) as thresholds_met,
    cast(t.known_flag_count as integer) as known_flag_count,
    cast(t.days_enrolled as bigint) as days_enrolled,
    cast(t.days_absent as bigint) as days_absent,
    cast(t.days_enrolled_last_20 as bigint) as days_enrolled_last_20,
    cast(t.days_absent_last_20 as bigint) as days_absent_last_20,
    cast(t.suspension_count_term as bigint) as suspension_count_term,
    cast(t.referral_count_term as bigint) as referral_count_term,
    cast(t.graded_core_count as bigint) as graded_core_count,
    cast(t.failed_core_count as bigint) as failed_core_count,
    cast(t.failed_english_mathematics_count as bigint) as failed_english_mathematics_count,
    -- Null where the student was not at the school a week ago: no change can be told.
    cast(p.level as integer) as level_last_week,
    cast(t.level - p.level as integer) as level_change,
    cast(t.days_absent - p.days_absent as bigint) as days_absent_since_last_week,
    cast(concat_ws(' ',
        case when t.is_flag_a and not coalesce(p.is_flag_a, false) then 'A' end,
        case when t.is_flag_b and not coalesce(p.is_flag_b, false) then 'B' end,
        case when t.is_flag_c and not coalesce(p.is_flag_c, false) then 'C' end
    ) as varchar) as new_flags,
    cast(concat_ws(' ',
        case when p.is_flag_a and not coalesce(t.is_flag_a, false) then 'A' end,
        case when p.is_flag_b and not coalesce(t.is_flag_b, false) then 'B' end,
        case when p.is_flag_c and not coalesce(t.is_flag_c, false) then 'C' end
    ) as varchar) as cleared_flags
from this_week as t
left join last_week as p
    on t.student_key = p.student_key and t.school_id = p.school_id and t.school_year = p.school_year
    and t.delivery_key = p.delivery_key
-- Who has a flag now, and who had one a week ago: a flag cleared is news, too.
where t.level > 0 or coalesce(p.level, 0) > 0
