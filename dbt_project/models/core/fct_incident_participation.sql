{{ latest_record('stg_incident_participations',
    ['student_key', 'school_id', 'incident_id', 'school_year', 'behavior_code'],
    ['participation_code']) }}
