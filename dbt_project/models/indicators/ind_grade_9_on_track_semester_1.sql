{{ grade_9_on_track('I10as1', 'semester_1', 'term') }}
