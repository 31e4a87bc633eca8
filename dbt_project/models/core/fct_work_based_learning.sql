{{ latest_record('stg_work_based_learning',
    ['student_key', 'activity_id'],
    ['activity_type_code', 'begin_date', 'end_date', 'hours']) }}
