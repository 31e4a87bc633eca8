"""The words of the files: the columns of each record type and the code values written in each format.

The simulation speaks CEDS option codes throughout. What an Ed-Fi or OneRoster sender would write instead stands here,
one table per code set. Source: CEDS v13 option sets; Ed-Fi Data Standard 5.2 core descriptors; OneRoster 1.2 CSV.
"""

RECORD_COLUMNS: dict[str, tuple[str, ...]] = {
    "organizations": (
        "org_id", "org_type_source", "org_name", "parent_org_id", "low_grade", "high_grade",
        "operational_status_source", "operational_status_date",
    ),
    "calendars": ("school_id", "calendar_date", "calendar_event_source"),
    "students": (
        "student_id", "first_name", "middle_name", "last_name", "birth_date", "other_ids", "address", "telephone",
        "email",
    ),
    "demographics": (
        "student_id", "sex_source", "race_source", "hispanic_latino_source", "economic_disadvantage_source",
        "english_learner_source", "idea_source", "section_504_source", "homeless_source", "migrant_source",
        "foster_source", "military_connected_source",
    ),
    "program_participations": (
        "student_id", "program_source", "program_name", "begin_date", "end_date", "org_id", "service_source",
    ),
    "enrollments": (
        "student_id", "school_id", "entry_date", "exit_date", "grade_level_source", "entry_type_source",
        "exit_type_source",
    ),
    "attendance": (
        "student_id", "school_id", "attendance_date", "attendance_status_source", "absent_fraction", "minutes_late",
    ),
    "assessment_results": (
        "student_id", "assessment_id", "administration_date", "result_id", "assessment_title", "subject_source",
        "grade_level_source", "score_type", "score_value", "performance_level_source",
        "assessment_type_administered_source", "reason_not_tested_source",
    ),
    "discipline_incidents": ("incident_id", "school_id", "incident_date", "behavior_source"),
    "discipline_actions": (
        "student_id", "action_id", "school_id", "incident_id", "action_date", "action_source", "duration_days",
    ),
    "staff": ("staff_id", "first_name", "last_name", "birth_date", "email", "years_of_experience"),
    "staff_assignments": (
        "staff_id", "org_id", "classification_source", "begin_date", "end_date", "fte", "separation_reason_source",
    ),
    "sections": ("section_id", "school_id", "session_name", "course_id", "course_title", "subject_source"),
    "student_sections": (
        "student_id", "section_id", "school_id", "session_name", "course_id", "begin_date", "end_date",
    ),
    "staff_sections": (
        "staff_id", "section_id", "school_id", "session_name", "course_id", "begin_date", "end_date", "position_source",
    ),
    "student_transportation": (
        "student_id", "org_id", "route_id", "pickup_time", "is_special_accommodation_source", "dropoff_time",
        "ride_miles",
    ),
    "finance_accounts": (
        "account_id", "fiscal_year", "org_id", "account_name", "fund_source", "function_source", "object_source",
        "amount_usd", "account_type_source", "funding_source",
    ),
    "bell_times": ("school_id", "bell_date", "first_bell", "last_bell"),
    "bus_runs": (
        "route_id", "school_id", "run_date", "run_period_source", "run_status_source", "scheduled_arrival",
        "actual_arrival", "riders", "vehicle_id", "seats", "miles", "deadhead_miles",
    ),
    "item_responses": (
        "student_id", "section_id", "school_id", "ticket_date", "item_id", "response", "is_correct",
    ),
    "professional_learning": (
        "staff_id", "session_id", "org_id", "session_date", "topic", "hours", "activity_id", "content_focus_source",
    ),
    "diplomas": ("student_id", "school_id", "diploma_date", "diploma_type_source"),
    "exit_documents": (
        "student_id", "school_id", "exit_date", "document_type_source", "document_date", "leads_to_diploma_source",
    ),
    "assessments": (
        "assessment_id", "assessment_title", "assessment_type_source", "subject_source", "grade_level_source",
        "developmental_domain_source",
    ),
    "performance_levels": (
        "assessment_id", "grade_level_source", "score_type", "performance_level_source", "level_number",
        "minimum_score", "maximum_score", "is_proficient_source", "begin_date", "end_date",
    ),
    "courses": (
        "org_id", "course_id", "course_title", "subject_source", "sced", "course_level_source", "credits",
        "career_cluster_source",
    ),
    "course_grades": (
        "student_id", "school_id", "course_id", "session_name", "grade_level_source", "letter_grade_source",
        "numeric_grade", "credits_attempted", "credits_earned", "posted_date",
    ),
    "incident_participations": (
        "student_id", "incident_id", "school_id", "behavior_source", "participation_source",
    ),
    "restraint_events": (
        "student_id", "school_id", "event_id", "event_date", "restraint_type_source", "duration_minutes",
    ),
    "idea_eligibilities": (
        "student_id", "begin_date", "end_date", "primary_disability_source", "educational_environment_source",
    ),
    "industry_credentials": (
        "student_id", "credential_id", "award_date", "credential_name", "credential_type_source",
    ),
    "work_based_learning": (
        "student_id", "activity_id", "activity_type_source", "begin_date", "end_date", "hours",
    ),
    "financial_aid_applications": (
        "student_id", "application_type_source", "award_year", "submitted_date", "completed_date",
    ),
    "postsecondary_searches": (
        "student_id", "search_date", "search_outcome_source",
    ),
    "postsecondary_enrollments": (
        "student_id", "institution_id", "begin_date", "end_date", "institution_name", "institution_level_source",
        "institution_control_source", "institution_state", "enrollment_intensity_source", "program_length_months",
        "credits_attempted", "credits_earned", "gateway_mathematics_source", "gateway_english_source",
        "cohort_exclusion_source",
    ),
    "postsecondary_awards": (
        "student_id", "institution_id", "award_date", "award_level_source", "cip",
    ),
    "quarterly_wages": (
        "worker_id", "employer_id", "wage_year", "wage_quarter", "wages_usd", "naics",
    ),
    "staff_credentials": (
        "staff_id", "license_number", "credential_type_source", "credential_field_source", "issue_date",
        "expiration_date",
    ),
    "survey_items": (
        "survey_id", "item_id", "survey_title", "construct", "item_text", "favorable_minimum",
    ),
    "survey_administrations": (
        "survey_id", "org_id", "respondent_role_source", "invited_count", "begin_date", "end_date",
    ),
    "survey_responses": (
        "survey_id", "response_id", "item_id", "org_id", "respondent_role_source", "grade_level_source",
        "response_date", "response_value",
    ),
    "data_access_events": (
        "access_date", "tier", "table_name_source", "org_id", "staff_id",
    ),
    "net_prices": (
        "institution_id", "academic_year", "net_price_usd",
    ),
}
"""Record type → the columns a state CSV file of it carries, in order (the contract's names)."""

LOOP_RECORD_TYPES = (
    "student_transportation", "finance_accounts", "bell_times", "bus_runs", "item_responses", "professional_learning",
    "course_grades", "incident_participations", "restraint_events", "industry_credentials", "work_based_learning",
    "staff_credentials", "survey_items", "survey_administrations", "survey_responses",
    "exit_documents",
)
"""What every district sends as state CSV: its senders' formats have no place for it, or its systems do not fill it."""

STATEWIDE = (
    "assessments", "performance_levels", "financial_aid_applications", "postsecondary_searches",
    "postsecondary_enrollments", "postsecondary_awards", "quarterly_wages", "data_access_events", "net_prices",
)
"""What no district knows: the state agency gathers it from testing companies, colleges, the labor department and the
servers that hand out what is returned to districts, schools and teachers."""

GRADE_CODES = ("KG", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12")
GRADE_WORDS = (
    "Kindergarten", "First grade", "Second grade", "Third grade", "Fourth grade", "Fifth grade", "Sixth grade",
    "Seventh grade", "Eighth grade", "Ninth grade", "Tenth grade", "Eleventh grade", "Twelfth grade",
)

RACES = (
    "AmericanIndianOrAlaskaNative", "Asian", "BlackOrAfricanAmerican", "NativeHawaiianOrOtherPacificIslander", "White",
)
DEMOGRAPHIC_FLAGS = (
    "economic_disadvantage", "english_learner", "idea", "section_504", "homeless", "migrant", "foster",
    "military_connected",
)

# Entry types (CEDS 000099) and exit types (CEDS 000110) that the simulation uses.
ENTRY_YEAR_START, ENTRY_FIRST_EVER, ENTRY_RETURN = "74001", "01838", "01836"
ENTRY_SAME_LEA, ENTRY_OTHER_LEA, ENTRY_OTHER_STATE = "01821", "01822", "01823"
EXIT_SAME_LEA, EXIT_OTHER_LEA, EXIT_OTHER_STATE = "01907", "01908", "01909"
EXIT_ABROAD, EXIT_HOME_SCHOOL, EXIT_PRIVATE = "01916", "01918", "73068"
EXIT_DROPPED_OUT, EXIT_GRADUATED, EXIT_NO_DIPLOMA = "01927", "01921", "01928"

# Diplomas and other credentials (CEDS 000138).
DIPLOMA_REGULAR, DIPLOMA_ADVANCED, CERTIFICATE_OF_COMPLETION, DIPLOMA_GED = "00806", "00807", "00814", "00816"
DIPLOMA_ALTERNATE = "75000"

# Programs (CEDS 000225).
PROGRAM_NAMES = {
    "04888": "Special Education",
    "04928": "English as a Second Language (ESL)",
    "04967": "Section 504 Placement",
    "76000": "Homeless",
    "04920": "Migrant Education",
    "04930": "Gifted and Talented",
    "04906": "Career and Technical Education",
}

EDFI = {
    "grade": dict(zip(GRADE_CODES, GRADE_WORDS, strict=True)),
    "race": {
        "AmericanIndianOrAlaskaNative": "American Indian or Alaska Native",
        "Asian": "Asian",
        "BlackOrAfricanAmerican": "Black or African American",
        "NativeHawaiianOrOtherPacificIslander": "Native Hawaiian or Pacific Islander",
        "White": "White",
    },
    "entry_type": {
        ENTRY_YEAR_START: "Next year school",
        ENTRY_FIRST_EVER: "New to education system",
        ENTRY_RETURN: "Re-entry",
        ENTRY_SAME_LEA: "Transfer",
        ENTRY_OTHER_LEA: "Transfer",
        ENTRY_OTHER_STATE: "Transfer",
    },
    "exit_type": {
        EXIT_SAME_LEA: "Transferred",
        EXIT_OTHER_LEA: "Transferred",
        EXIT_OTHER_STATE: "Transferred",
        EXIT_ABROAD: "Transferred",
        EXIT_PRIVATE: "Transferred",
        EXIT_HOME_SCHOOL: "Withdrawn",
        EXIT_DROPPED_OUT: "Dropout",
        EXIT_GRADUATED: "Graduated",
        EXIT_NO_DIPLOMA: "Completed",
    },
    "diploma_type": {
        DIPLOMA_REGULAR: "Regular diploma",
        DIPLOMA_ADVANCED: "Endorsed/advanced diploma",
        CERTIFICATE_OF_COMPLETION: "Certificate of completion",
        DIPLOMA_GED: "General Educational Development (GED) credential",
        DIPLOMA_ALTERNATE: "Alternate Diploma",
    },
    "calendar_event": {
        "InstructionalDay": "Instructional day",
        "Holiday": "Holiday",
        "TeacherOnlyDay": "Teacher only day",
        "StudentHoliday": "Non-instructional day",
        "Other": "Weather day",
    },
    "attendance_status": {
        "Present": "In Attendance",
        "ExcusedAbsence": "Excused Absence",
        "UnexcusedAbsence": "Unexcused Absence",
        "Tardy": "Tardy",
        "EarlyDeparture": "Early departure",
    },
    "discipline_action": {
        "InSchoolSuspension": "In School Suspension",
        "OutOfSchoolSuspension": "Out of School Suspension",
        "Expulsion": "Expulsion",
        "Other": "Other",
    },
    "behavior": {
        "04704": "School Code of Conduct",
        "04645": "School Violation",
        "04659": "School Code of Conduct",
        "04635": "State Offense",
        "09999": "Other",
    },
    "course_level": {
        "K12": "Core Subject", "AdvancedPlacement": "Advanced Placement", "Dual": "Dual Enrollment",
        "Vocational": "Career and Technical Education",
    },
    "reason_not_tested": {
        "03451": "Absent", "03454": "Medical waiver", "03452": "Refusal by parent", "03453": "Refusal by student",
    },
    "disability": {
        "SLD": "Specific Learning Disability", "SLI": "Speech or Language Impairment",
        "OHI": "Other Health Impairment", "AUT": "Autism Spectrum Disorders", "DD": "Developmental Delay",
        "ID": "Intellectual Disability", "EMN": "Serious Emotional Disability", "MD": "Multiple Disabilities",
    },
    "educational_environment": {
        "RC80": "Inside regular class 80% or more of the day",
        "RC79TO40": "Inside reg class between 40-79% of the day",
        "RC39": "Inside regular class less than 40% of the day", "SS": "Separate School", "HH": "Homebound/Hospital",
    },
    "subject": {
        "00256": "English as a Second Language",
        "00546": "Foreign Language and Literature",
        "13372": "English",
        "73065": "Career and Technical Education",
        "01166": "Mathematics",
        "13373": "English Language Arts",
        "00562": "Science",
        "13374": "Social Studies",
        "13371": "Fine and Performing Arts",
    },
    "classification": {
        "ElementaryTeachers": "Elementary Teacher",
        "SecondaryTeachers": "Secondary Teacher",
        "SchoolAdministrators": "School Administrator",
        "SchoolCounselors": "School Counselor",
        "LeaAdministrators": "LEA Administrator",
    },
}
"""Code set → CEDS code → the code value of the Ed-Fi core descriptor."""
