select
    source_id, lea_id, school_year, batch_id,
    student_key, search_date, search_outcome_code
from {{ source('records', 'postsecondary_searches') }}
