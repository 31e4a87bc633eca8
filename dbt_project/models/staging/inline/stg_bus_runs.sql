select
    source_id, lea_id, school_year, batch_id,
    route_id, school_id, run_date, run_period_code, run_status_code, scheduled_arrival, actual_arrival, riders,
    vehicle_id, seats, miles, deadhead_miles
from {{ source('records', 'bus_runs') }}
