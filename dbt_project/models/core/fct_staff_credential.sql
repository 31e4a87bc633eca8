{{ latest_record('stg_staff_credentials',
    ['staff_key', 'credential_type_code', 'credential_field_code', 'issue_date'],
    ['expiration_date']) }}
