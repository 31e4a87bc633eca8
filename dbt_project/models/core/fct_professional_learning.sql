{{ latest_record('stg_professional_learning',
    ['staff_key', 'session_id'],
    ['org_id', 'session_date', 'topic', 'hours', 'activity_id', 'content_focus_code']) }}
