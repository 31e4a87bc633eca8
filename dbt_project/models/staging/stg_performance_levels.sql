select
    source_id, lea_id, school_year, batch_id,
    assessment_id, grade_level_code, score_type, performance_level_source, level_number, minimum_score,
    maximum_score, is_proficient_code, begin_date, end_date
from {{ source('records', 'performance_levels') }}
