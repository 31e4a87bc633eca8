select
    source_id, lea_id, school_year, batch_id,
    survey_id, org_id, respondent_role_code, invited_count, begin_date, end_date
from {{ source('records', 'survey_administrations') }}
