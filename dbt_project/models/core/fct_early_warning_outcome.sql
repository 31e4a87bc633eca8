with parameters as (
    {{ parameters_of('I10', ['minimum_credit_tenths', 'maximum_core_f', 'counts_summer_credits']) }}
),

-- Off track by the rule of Chicago, in every grade from 7; credits are asked from grade 9 on.
at_the_end as (
    select
        y.student_key, y.school_year,
        case
            when y.exclusion_reason is not null or y.described_count = 0 then null
            when y.core_f_count > p.maximum_core_f then 1
            when y.grade_level_code not in ('09', '10', '11', '12') then 0
            when y.credits_earned is null then null
            when 10 * (y.credits_earned + p.counts_summer_credits * coalesce(y.summer_credits_earned, 0))
                < p.minimum_credit_tenths then 1
            else 0
        end as is_off_track
    from {{ ref('fct_student_progress') }} as y
    inner join parameters as p on {{ holds_in('p', 'y.school_year') }}
)

select
    f.student_key, f.school_year, e.is_off_track, f.is_dropout,
    case when f.is_dropout = 1 then 1 else e.is_off_track end as is_off_track_or_dropout
from {{ ref('fct_fall_status') }} as f
left join at_the_end as e on f.student_key = e.student_key and f.school_year = e.school_year
where f.authority = 'edfacts'
