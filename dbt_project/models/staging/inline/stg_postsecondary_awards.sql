select
    source_id, lea_id, school_year, batch_id,
    student_key, institution_id, award_date, award_level_code, cip
from {{ source('records', 'postsecondary_awards') }}
