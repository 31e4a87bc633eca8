{{ latest_record('stg_idea_eligibilities',
    ['student_key', 'begin_date', 'school_year'],
    ['end_date', 'primary_disability_code', 'educational_environment_code']) }}
