{{ advanced_courses('I19c', among='true', known="is_told and course_outcome <> 'no_grade'", counted="course_outcome = 'passed'") }}
