"""Faults in records: each changes or adds a few records of a district's files and says which.

Every function takes a `Target` and returns a `Planted`. Which records are struck is drawn from the target's generator.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sample_state.record_file import RecordFile, open_records

RECORDS_STRUCK = 3
UNKNOWN_WORD = "Vanished"
NOBODY = "3199999999"
IMPOSSIBLE_DATE = "0222-09-01"


@dataclass(frozen=True)
class Target:
    """The folder of one district and year to plant in. `other_schools` are school ids of other districts."""

    base: Path
    kind: str
    school_year: int
    rng: np.random.Generator
    other_schools: tuple[str, ...] = ()

    def state_file(self, name: str) -> Path:
        """The path of a state CSV file of the district."""
        return self.base / "state" / f"{name}.csv"


@dataclass(frozen=True)
class Planted:
    """Where a fault is: the file, and the row numbers (see RecordFile.row) of the records struck, if rows were."""

    path: Path
    rows: tuple[int, ...] = ()


def _students_of(file: RecordFile) -> list[int]:
    """The indexes of the records of students (users.csv lists staff as well, whom nothing enrols)."""
    if "identifier" not in file.fields:
        return list(range(len(file.records)))
    return [index for index in range(len(file.records)) if file.get(index, "entry_date")]


def _strike(target: Target, record_type: str, change: Callable[[RecordFile, int], int]) -> Planted:
    """Apply `change` to a few records; it returns the index of the record that is now wrong."""
    file = open_records(target.base, target.kind, record_type)
    candidates = _students_of(file) if record_type != "attendance" else list(range(len(file.records)))
    count = min(RECORDS_STRUCK, len(candidates))
    chosen = sorted(target.rng.choice(len(candidates), size=count, replace=False))
    rows = [file.row(change(file, candidates[int(position)])) for position in chosen]
    file.save()
    return Planted(file.path, tuple(sorted(rows)))


def _shift(date: str, days: int) -> str:
    return (dt.date.fromisoformat(date) + dt.timedelta(days)).isoformat()


def plant_unknown_descriptor(target: Target) -> Planted:
    """Give attendance records a status that no code set knows."""
    def change(file: RecordFile, index: int) -> int:
        word = f"uri://ed-fi.org/AttendanceEventCategoryDescriptor#{UNKNOWN_WORD}" if file.element else UNKNOWN_WORD
        file.set(index, "attendance_status", word)
        return index
    return _strike(target, "attendance", change)


def plant_duplicate_student(target: Target) -> Planted:
    """Send students a second time under the same id, with another last name (and birth date, if it is in the file)."""
    def change(file: RecordFile, index: int) -> int:
        added = file.copy(index)
        file.set(added, "last_name", file.get(index, "last_name") + "son")
        if "birth_date" in file.fields:
            file.set(added, "birth_date", _shift(file.get(index, "birth_date"), -400))
        return added
    return _strike(target, "students", change)


def plant_same_student_two_ids(target: Target) -> Planted:
    """Send students a second time under a new id, all else (name, birth date) the same."""
    file = open_records(target.base, target.kind, "students")
    candidates = _students_of(file)
    chosen = sorted(target.rng.choice(len(candidates), size=min(RECORDS_STRUCK, len(candidates)), replace=False))
    rows, new_ids = [], {}
    for number, position in enumerate(chosen):
        index = candidates[int(position)]
        new_ids[file.get(index, "student_id")] = new_id = f"319999000{number}"
        added = file.copy(index)
        file.set(added, "student_id", new_id)
        if "identifier" in file.fields:
            file.set(added, "identifier", new_id)
        rows.append(file.row(added))
    file.save()
    if target.kind == "oneroster_csv":
        _copy_birth_dates(target.base / "oneroster" / "demographics.csv", new_ids)
    return Planted(file.path, tuple(rows))


def _copy_birth_dates(path: Path, new_ids: dict[str, str]) -> None:
    """OneRoster keeps birth dates in demographics.csv: the second id needs its line there."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    by_id = {line.split(",", 1)[0]: line for line in lines}
    added = [new + by_id[old].removeprefix(old) for old, new in new_ids.items()]
    path.write_text("".join(lines + added), encoding="utf-8", newline="")


def plant_exit_before_entry(target: Target) -> Planted:
    """Let students leave twenty days before they came."""
    def change(file: RecordFile, index: int) -> int:
        file.set(index, "exit_date", _shift(file.get(index, "entry_date"), -20))
        return index
    return _strike(target, "enrollments", change)


def plant_overlapping_enrollments(target: Target) -> Planted:
    """Enrol students a second time at the same school while the first enrolment still runs."""
    def change(file: RecordFile, index: int) -> int:
        added = file.copy(index)
        # One day after the entry lies within every enrolment that lasted two days, and nearly all did.
        file.set(added, "entry_date", _shift(file.get(index, "entry_date"), 1))
        return added
    return _strike(target, "enrollments", change)


def plant_attendance_without_enrollment(target: Target) -> Planted:
    """Report attendance of a student whom nobody enrolled."""
    def change(file: RecordFile, index: int) -> int:
        added = file.copy(index)
        file.set(added, "student_id", NOBODY)
        return added
    return _strike(target, "attendance", change)


def plant_date_0222(target: Target) -> Planted:
    """Mistype the year of entry dates: 0222-09-01."""
    def change(file: RecordFile, index: int) -> int:
        file.set(index, "entry_date", IMPOSSIBLE_DATE)
        return index
    return _strike(target, "enrollments", change)


def plant_other_districts_students(target: Target) -> Planted:
    """Enrol students at a school of another district. Raises ValueError when the state has no other district."""
    if not target.other_schools:
        raise ValueError("other_districts_students needs a second district")

    def change(file: RecordFile, index: int) -> int:
        added = file.copy(index)
        file.set(added, "school_id", target.other_schools[int(target.rng.integers(len(target.other_schools)))])
        return added
    return _strike(target, "enrollments", change)


def plant_quoted_newline(target: Target) -> Planted:
    """Break addresses into two lines inside quotes, which CSV allows."""
    def change(file: RecordFile, index: int) -> int:
        file.set(index, "address", file.get(index, "address") + "\nApartment 2")
        return index
    return _strike(target, "students", change)
