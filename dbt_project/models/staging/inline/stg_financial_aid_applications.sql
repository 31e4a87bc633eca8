select
    source_id, lea_id, school_year, batch_id,
    student_key, application_type_code, award_year, submitted_date, completed_date
from {{ source('records', 'financial_aid_applications') }}
