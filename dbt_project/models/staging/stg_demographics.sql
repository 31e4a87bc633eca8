select
    source_id, lea_id, school_year, batch_id,
    student_key, sex_code, race_code, hispanic_latino_code
    {%- for flag in student_flags() %},
    {{ flag }}_code
    {%- endfor %}
from {{ source('records', 'demographics') }}
