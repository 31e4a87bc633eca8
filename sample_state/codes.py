"""The words of the files: the columns of each record type and the code values written in each format.

The simulation speaks CEDS option codes throughout. What an Ed-Fi or OneRoster sender would write instead stands here,
one table per code set. Source: CEDS v13 option sets; Ed-Fi Data Standard 5.2 core descriptors; OneRoster 1.2 CSV.
"""

RECORD_COLUMNS: dict[str, tuple[str, ...]] = {
    "organizations": ("org_id", "org_type_source", "org_name", "parent_org_id", "low_grade", "high_grade"),
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
    ),
    "discipline_incidents": ("incident_id", "school_id", "incident_date", "behavior_source"),
    "discipline_actions": (
        "student_id", "action_id", "school_id", "incident_id", "action_date", "action_source", "duration_days",
    ),
    "staff": ("staff_id", "first_name", "last_name", "birth_date", "email"),
    "staff_assignments": ("staff_id", "org_id", "classification_source", "begin_date", "end_date", "fte"),
    "sections": ("section_id", "school_id", "session_name", "course_id", "course_title", "subject_source"),
    "student_sections": (
        "student_id", "section_id", "school_id", "session_name", "course_id", "begin_date", "end_date",
    ),
    "staff_sections": (
        "staff_id", "section_id", "school_id", "session_name", "course_id", "begin_date", "end_date", "position_source",
    ),
    "student_transportation": (
        "student_id", "org_id", "route_id", "pickup_time", "is_special_accommodation_source",
    ),
    "finance_accounts": (
        "account_id", "fiscal_year", "org_id", "account_name", "fund_source", "function_source", "object_source",
        "amount_usd",
    ),
    "bell_times": ("school_id", "bell_date", "first_bell", "last_bell"),
    "bus_runs": ("route_id", "school_id", "run_date", "scheduled_arrival", "actual_arrival", "riders"),
    "item_responses": (
        "student_id", "section_id", "school_id", "ticket_date", "item_id", "response", "is_correct",
    ),
    "professional_learning": ("staff_id", "session_id", "org_id", "session_date", "topic", "hours"),
    "diplomas": ("student_id", "school_id", "diploma_date", "diploma_type_source"),
    "exit_documents": (
        "student_id", "school_id", "exit_date", "document_type_source", "document_date", "leads_to_diploma_source",
    ),
}
"""Record type → the columns a state CSV file of it carries, in order (the contract's names)."""

LOOP_RECORD_TYPES = (
    "student_transportation", "finance_accounts", "bell_times", "bus_runs", "item_responses", "professional_learning",
    "exit_documents",
)
"""What every district sends as state CSV, because neither Ed-Fi bulk XML nor OneRoster has a place for it."""

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
    "subject": {
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
