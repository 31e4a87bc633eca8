select
    source_id, lea_id, school_year, assessment_id, grade_level_code, score_type,
    performance_level_source as performance_level, level_number,
    cast(minimum_score as decimal(12, 3)) as minimum_score, cast(maximum_score as decimal(12, 3)) as maximum_score,
    case is_proficient_code when 'Yes' then true when 'No' then false end as is_proficient,
    -- Without dates, a level holds for the school year of the delivery that states it.
    coalesce(begin_date, make_date(school_year - 1, 7, 1)) as begin_date,
    coalesce(end_date, make_date(school_year, 6, 30)) as end_date
from {{ ref('stg_performance_levels') }}
