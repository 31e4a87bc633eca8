{{ latest_record('stg_financial_aid_applications',
    ['student_key', 'application_type_code', 'award_year'],
    ['submitted_date', 'completed_date']) }}
