{{ latest_record('stg_postsecondary_enrollments',
    ['student_key', 'institution_id', 'begin_date'],
    ['end_date', 'institution_name', 'institution_level_code', 'institution_control_code',
        'institution_state', 'enrollment_intensity_code', 'program_length_months', 'credits_attempted',
        'credits_earned', 'gateway_mathematics_code', 'gateway_english_code', 'cohort_exclusion_code']) }}
