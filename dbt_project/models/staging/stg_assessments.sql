select
    source_id, lea_id, school_year, batch_id,
    assessment_id, assessment_title, assessment_type_code, subject_code, grade_level_code, developmental_domain_code
from {{ source('records', 'assessments') }}
