select
    source_id, lea_id, school_year, batch_id,
    survey_id, item_id, survey_title, construct, item_text, favorable_minimum
from {{ source('records', 'survey_items') }}
