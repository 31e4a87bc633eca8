{{ advanced_courses('I19d', among='course_count > 0', known="credit_outcome in ('credit', 'no_credit')", counted="credit_outcome = 'credit'") }}
