select
    source_id, lea_id, school_year, student_key, org_id, route_id, pickup_time, dropoff_time, ride_miles,
    is_special_accommodation_source,
    {{ minute_of('dropoff_time') }} - {{ minute_of('pickup_time') }} as ride_minutes,
    case
        when pickup_time is null or dropoff_time is null then 'ride_time_unknown'
        when dropoff_time < pickup_time then 'dropoff_before_pickup'
    end as exclusion_reason
from {{ ref('stg_student_transportation') }}
