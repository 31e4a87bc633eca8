{{ learning_share('I34s', 'openslds',
    's.activity_session_count >= p.minimum_sessions and s.activity_day_count >= p.minimum_days', 'true',
    ['minimum_sessions', 'minimum_days']) }}
