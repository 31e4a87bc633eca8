"""A written file as a list of records that can be read, changed and added to, whether CSV lines or XML elements.

Made for planting faults: everything that is not changed keeps its bytes.
"""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

# Where each format keeps enrolments, attendance and students: file, element (none in CSV) and the name of each field.
# In the Ed-Fi files the element named here comes first, so that its number is also its place in the whole file.
_STATE = {name: name for name in ("student_id", "school_id", "entry_date", "exit_date", "exit_type", "attendance_date",
                                  "attendance_status", "first_name", "last_name", "birth_date", "address")}
_STATE |= {"exit_type": "exit_type_source", "attendance_status": "attendance_status_source"}
_USERS = {"student_id": "sourcedId", "identifier": "identifier", "school_id": "orgSourcedIds",
          "entry_date": "metadata.entryDate", "exit_date": "metadata.exitDate", "exit_type": "metadata.exitType",
          "first_name": "givenName", "last_name": "familyName", "address": "metadata.address"}
PLACES = {
    ("edfi_xml", "enrollments"): ("edfi/StudentEnrollment.xml", "StudentSchoolAssociation", {
        "student_id": "StudentUniqueId", "school_id": "SchoolId", "entry_date": "EntryDate",
        "exit_date": "ExitWithdrawDate", "exit_type": "ExitWithdrawType"}),
    ("edfi_xml", "attendance"): ("edfi/StudentSchoolAttendance.xml", "StudentSchoolAttendanceEvent", {
        "student_id": "StudentUniqueId", "attendance_date": "EventDate",
        "attendance_status": "AttendanceEventCategory"}),
    ("edfi_xml", "students"): ("edfi/Student.xml", "Student", {
        "student_id": "StudentUniqueId", "first_name": "FirstName", "last_name": "LastSurname",
        "birth_date": "BirthDate"}),
    ("oneroster_csv", "enrollments"): ("oneroster/users.csv", None, _USERS),
    ("oneroster_csv", "students"): ("oneroster/users.csv", None, _USERS),
    ("oneroster_csv", "attendance"): ("state/attendance.csv", None, _STATE),
    ("state_csv", "enrollments"): ("state/enrollments.csv", None, _STATE),
    ("state_csv", "students"): ("state/students.csv", None, _STATE),
    ("state_csv", "attendance"): ("state/attendance.csv", None, _STATE),
}


@dataclass
class RecordFile:
    """`head`, `records` and `tail` joined are the file. `fields` is our name of a field → the file's."""

    path: Path
    element: str | None
    fields: dict[str, str]
    head: str
    records: list[str]
    tail: str

    def row(self, index: int) -> int:
        """The number a reader gives to a record: its line in a CSV file (header 1), its place among XML elements."""
        return index + 1 if self.element else index + 2

    def get(self, index: int, field: str) -> str:
        """The value of a field of a record, '' when absent."""
        if self.element:
            found = re.search(rf"<{self.fields[field]}>(.*?)</{self.fields[field]}>", self.records[index])
            return found[1] if found else ""
        return self._cells(index)[self._column(field)]

    def set(self, index: int, field: str, value: str) -> None:
        """Give a field of a record a value. An absent XML field is added after EntryType."""
        if not self.element:
            cells = self._cells(index)
            cells[self._column(field)] = value
            self.records[index] = _csv_line(cells)
            return
        name, record = self.fields[field], self.records[index]
        filled = f"<{name}>{value}</{name}>"
        if f"<{name}>" in record:
            self.records[index] = re.sub(rf"<{name}>.*?</{name}>", lambda _: filled, record, count=1)
        else:
            self.records[index] = record.replace("</EntryType>\n", f"</EntryType>\n{filled}\n", 1)

    def copy(self, index: int) -> int:
        """Add a copy of a record at the end and return its index."""
        self.records.append(self.records[index])
        return len(self.records) - 1

    def save(self) -> None:
        """Write the file back."""
        self.path.write_text(self.head + "".join(self.records) + self.tail, encoding="utf-8", newline="")

    def _column(self, field: str) -> int:
        return next(csv.reader([self.head])).index(self.fields[field])

    def _cells(self, index: int) -> list[str]:
        return next(csv.reader(io.StringIO(self.records[index])))


def _csv_line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def open_records(base: Path, kind: str, record_type: str) -> RecordFile:
    """Return the file in which a district of format `kind` sends a record type; `base` is its folder of the year."""
    relative, element, fields = PLACES[kind, record_type]
    text = (base / relative).read_bytes().decode("utf-8")
    if element is None:
        head, *lines = _split_lines(text)
        return RecordFile(base / relative, None, fields, head, lines, "")
    start, closing = text.index(f"<{element}>"), f"</{element}>\n"
    end = text.rindex(closing) + len(closing)
    records = [record + closing for record in text[start:end].split(closing)[:-1]]
    return RecordFile(base / relative, element, fields, text[:start], records, text[end:])


def _split_lines(text: str) -> list[str]:
    """Lines with their ends; a line break inside quotes does not end a line."""
    lines: list[str] = []
    open_quote = False
    for line in text.splitlines(keepends=True):
        if open_quote:
            lines[-1] += line
        else:
            lines.append(line)
        open_quote ^= line.count('"') % 2 == 1
    return lines
