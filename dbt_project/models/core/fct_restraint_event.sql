{{ latest_record('stg_restraint_events',
    ['student_key', 'school_id', 'event_id'],
    ['event_date', 'restraint_type_code', 'duration_minutes']) }}
