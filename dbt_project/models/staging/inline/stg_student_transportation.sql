select
    source_id, lea_id, school_year, batch_id,
    student_key, org_id, route_id, pickup_time, dropoff_time, is_special_accommodation_source, ride_miles
from {{ source('records', 'student_transportation') }}
