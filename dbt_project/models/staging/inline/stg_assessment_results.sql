select
    source_id, lea_id, school_year, batch_id,
    student_key, assessment_id, administration_date, result_id, assessment_title, subject_code, grade_level_code,
    score_type, score_value, performance_level_source, assessment_type_administered_code, reason_not_tested_code
from {{ source('records', 'assessment_results') }}
