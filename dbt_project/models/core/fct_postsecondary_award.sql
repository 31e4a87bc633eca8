{{ latest_record('stg_postsecondary_awards',
    ['student_key', 'institution_id', 'award_date', 'award_level_code'],
    ['cip']) }}
