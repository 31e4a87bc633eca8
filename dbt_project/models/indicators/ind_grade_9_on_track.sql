{{ grade_9_on_track('I10a', 'year_end', 'school_year') }}
