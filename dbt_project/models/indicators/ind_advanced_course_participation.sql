{{ advanced_courses('I19b', among='true', known='is_told', counted='course_count > 0') }}
