select
    source_id, lea_id, school_year, batch_id,
    survey_id, response_id, item_id, org_id, respondent_role_code, grade_level_code, response_date, response_value
from {{ source('records', 'survey_responses') }}
