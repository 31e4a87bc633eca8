{{ latest_record('stg_industry_credentials',
    ['student_key', 'credential_id', 'award_date'],
    ['credential_name', 'credential_type_code']) }}
