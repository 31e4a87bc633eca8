{{ latest_record('stg_survey_administrations',
    ['survey_id', 'org_id', 'respondent_role_code'],
    ['invited_count', 'begin_date', 'end_date']) }}
