{{ latest_record('stg_postsecondary_searches',
    ['student_key', 'search_date'],
    ['search_outcome_code']) }}
