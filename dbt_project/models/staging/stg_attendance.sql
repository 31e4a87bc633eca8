select
    source_id, lea_id, school_year, batch_id,
    student_key, school_id, attendance_date, attendance_status_code,
    cast(absent_fraction as decimal(9, 4)) as absent_fraction, minutes_late
from {{ source('records', 'attendance') }}
