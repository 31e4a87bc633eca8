"""The record tables: which record types exist and which columns each one has.

This is the one Python statement of the table in `docs/architecture.md` ("Record tables"). It says nothing about what
makes a row valid: that is the business of `expectations/`.
"""

from dataclasses import dataclass
from types import MappingProxyType

LINEAGE = ("source_file", "source_row")
"""Columns every raw row carries: the sender's file name relative to its feed (text) and the row or element
number (Int64)."""


@dataclass(frozen=True)
class Column:
    """One column of a record type.

    `name` is the contract's name. `code_set` names the crosswalk seed of a coded column; `is_source_only` marks one
    that keeps the sender's wording alone. `is_key` is the contract's `*`, `is_identifier` its `†`.
    """

    name: str
    code_set: str | None = None
    is_source_only: bool = False
    is_key: bool = False
    is_identifier: bool = False
    is_multi: bool = False

    @property
    def emitted(self) -> tuple[str, ...]:
        """The physical column names: one, or for a coded column its `_source` and its `_code`."""
        if self.code_set:
            return (f"{self.name}_source", f"{self.name}_code")
        return (f"{self.name}_source",) if self.is_source_only else (self.name,)

    @property
    def sent(self) -> str:
        """The name under which a reader (or a state CSV file) gives the column: coded columns carry `_source`."""
        return self.emitted[0]


@dataclass(frozen=True)
class RecordType:
    """One record type: its name, its columns in order, and what each column is."""

    name: str
    columns: tuple[Column, ...]

    @property
    def emitted(self) -> tuple[str, ...]:
        """All column names of the raw table, in order, the lineage columns last."""
        return tuple(name for column in self.columns for name in column.emitted) + LINEAGE

    @property
    def sent(self) -> tuple[str, ...]:
        """The column names a sender (or reader) fills, in order."""
        return tuple(column.sent for column in self.columns)

    @property
    def keys(self) -> tuple[str, ...]:
        """The emitted columns that are unique together within a delivery; a coded key counts by its source wording."""
        return tuple(column.sent for column in self.columns if column.is_key)

    @property
    def identifiers(self) -> tuple[str, ...]:
        """The emitted columns that must never reach a record table."""
        return tuple(name for column in self.columns if column.is_identifier for name in column.emitted)

    @property
    def coded(self) -> tuple[Column, ...]:
        """The columns that a crosswalk maps."""
        return tuple(column for column in self.columns if column.code_set)


# One line per record type, in the order that fixes rule numbers. After a column's name: `*` key, `†` direct identifier,
# `=set` coded by xwalk_set.csv, `+` multi-valued, `~` the sender's wording only.
_TABLE = """
organizations: org_id* org_type=org_type org_name parent_org_id low_grade high_grade
  operational_status=operational_status operational_status_date
calendars: school_id* calendar_date* calendar_event=calendar_event
students: student_id*† first_name† middle_name† last_name† birth_date† other_ids†+ address† telephone† email†
demographics: student_id*† sex=sex race=race+ hispanic_latino=yes_no economic_disadvantage=yes_no english_learner=yes_no
  idea=yes_no section_504=yes_no homeless=yes_no migrant=yes_no foster=yes_no military_connected=yes_no
program_participations: student_id*† program*=program program_name begin_date* end_date org_id service~
enrollments: student_id*† school_id* entry_date* exit_date grade_level=grade_level entry_type=entry_type
  exit_type=exit_type
attendance: student_id*† school_id* attendance_date* attendance_status*=attendance_status absent_fraction minutes_late
assessment_results: student_id*† assessment_id* administration_date* result_id* assessment_title subject=subject
  grade_level=grade_level score_type* score_value performance_level~
  assessment_type_administered=assessment_type_administered reason_not_tested=reason_not_tested
discipline_incidents: incident_id* school_id* incident_date behavior=behavior
discipline_actions: student_id*† action_id* school_id incident_id action_date action*=discipline_action duration_days
staff: staff_id*† first_name† last_name† birth_date† email† years_of_experience
staff_assignments: staff_id*† org_id* classification*=staff_classification begin_date* end_date fte
  separation_reason=separation_reason
sections: section_id* school_id* session_name* course_id course_title subject=subject
student_sections: student_id*† section_id* school_id* session_name* course_id begin_date* end_date
staff_sections: staff_id*† section_id* school_id* session_name* course_id begin_date end_date position~
student_transportation: student_id*† org_id* route_id* pickup_time is_special_accommodation~ dropoff_time ride_miles
finance_accounts: account_id* fiscal_year* org_id* account_name fund~ function=expenditure_function
  object=expenditure_object amount_usd account_type=account_type funding=funding_source
bell_times: school_id* bell_date* first_bell last_bell
bus_runs: route_id* school_id* run_date* run_period*=run_period run_status=run_status scheduled_arrival actual_arrival
  riders vehicle_id seats miles deadhead_miles
item_responses: student_id*† section_id* school_id* ticket_date* item_id* response is_correct
professional_learning: staff_id*† session_id* org_id session_date topic hours activity_id content_focus=learning_focus
diplomas: student_id*† school_id diploma_date* diploma_type*=diploma_type
exit_documents: student_id*† school_id exit_date* document_type*=exit_document document_date leads_to_diploma=yes_no
assessments: assessment_id* assessment_title assessment_type=assessment_type subject=subject grade_level=grade_level
  developmental_domain=developmental_domain
performance_levels: assessment_id* grade_level*=grade_level score_type* performance_level*~ level_number minimum_score
  maximum_score is_proficient=yes_no begin_date* end_date
courses: org_id* course_id* course_title subject=subject sced course_level=course_level credits career_cluster~
course_grades: student_id*† school_id* course_id* session_name* grade_level=grade_level letter_grade=letter_grade
  numeric_grade credits_attempted credits_earned posted_date
incident_participations: student_id*† incident_id* school_id* behavior*=behavior participation=incident_participation
restraint_events: student_id*† school_id* event_id* event_date restraint_type=restraint_type duration_minutes
idea_eligibilities: student_id*† begin_date* end_date primary_disability=disability
  educational_environment=educational_environment
industry_credentials: student_id*† credential_id* award_date* credential_name credential_type=professional_credential
work_based_learning: student_id*† activity_id* activity_type=work_based_learning begin_date end_date hours
financial_aid_applications: student_id*† application_type*=financial_aid_application award_year* submitted_date
  completed_date
postsecondary_searches: student_id*† search_date* search_outcome=search_outcome
postsecondary_enrollments: student_id*† institution_id* begin_date* end_date institution_name
  institution_level=institution_level institution_control=institution_control institution_state
  enrollment_intensity=enrollment_intensity program_length_months credits_attempted credits_earned
  gateway_mathematics=yes_no gateway_english=yes_no cohort_exclusion=cohort_exclusion
postsecondary_awards: student_id*† institution_id* award_date* award_level*=award_level cip
quarterly_wages: worker_id*† employer_id*† wage_year* wage_quarter* wages_usd naics
staff_credentials: staff_id*† license_number*† credential_type=teaching_credential credential_field=subject issue_date
  expiration_date
survey_items: survey_id* item_id* survey_title construct item_text favorable_minimum
survey_administrations: survey_id* org_id* respondent_role*=respondent_role invited_count begin_date end_date
survey_responses: survey_id* response_id* item_id* org_id respondent_role=respondent_role grade_level=grade_level
  response_date response_value
data_access_events: access_date* tier* table_name*=returned_table org_id* staff_id†
net_prices: institution_id* academic_year* net_price_usd
"""


def _parse_column(word: str) -> Column:
    name_and_marks, _, code_set = word.replace("+", "").partition("=")
    return Column(
        name=name_and_marks.rstrip("*†~"),
        code_set=code_set or None,
        is_source_only="~" in name_and_marks,
        is_key="*" in name_and_marks,
        is_identifier="†" in name_and_marks,
        is_multi="+" in word,
    )


def _parse_table(table: str) -> dict[str, RecordType]:
    types: dict[str, RecordType] = {}
    for line in table.replace("\n  ", " ").strip().splitlines():
        name, _, words = line.partition(": ")
        types[name] = RecordType(name, tuple(_parse_column(word) for word in words.split()))
    return types


RECORD_TYPES = MappingProxyType(_parse_table(_TABLE))
"""Record type name → `RecordType`, in the order of the contract's table."""

CODE_SETS = tuple(sorted({column.code_set for kind in RECORD_TYPES.values() for column in kind.coded}))
"""The names of all crosswalks, each a seed `xwalk_<name>.csv`."""
