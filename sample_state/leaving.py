"""What students leave school with: diplomas and other credentials, and the documents that say where they went."""

import numpy as np
import polars as pl

from sample_state import codes
from sample_state.district_year import DistrictYear
from sample_state.school_days import dates

# Exit type → the document a receiving school, parent or agency sends, and how often a district gets hold of one.
_DOCUMENTS = {
    codes.EXIT_OTHER_STATE: ("TranscriptRequest", 0.8),
    codes.EXIT_PRIVATE: ("EnrollmentConfirmation", 0.8),
    codes.EXIT_HOME_SCHOOL: ("HomeSchoolNotice", 0.6),
    codes.EXIT_ABROAD: ("EmigrationNotice", 0.7),
}
_ADVANCED, _ALTERNATE, _CERTIFICATE, _EQUIVALENCY = 0.15, 0.06, 0.5, 0.08


def make_diplomas(year: DistrictYear) -> pl.DataFrame:
    """Return one row per credential of the year: diplomas on graduation day, certificates of some who finished without
    one, and equivalency credentials of some who dropped out."""
    rng = year.stream("diplomas")
    draw = rng.random(year.spells.height)
    exit_type = year.spells["exit_type"].fill_null("").to_numpy().astype(str)
    idea = year.people.flag("idea")[year.spells["person"].to_numpy()]
    graduates = exit_type == codes.EXIT_GRADUATED
    kind = np.select(
        [
            graduates & idea & (draw < _ALTERNATE),
            graduates & ~idea & (draw < _ADVANCED),
            graduates,
            (exit_type == codes.EXIT_NO_DIPLOMA) & (draw < _CERTIFICATE),
            (exit_type == codes.EXIT_DROPPED_OUT) & (draw < _EQUIVALENCY),
        ],
        [codes.DIPLOMA_ALTERNATE, codes.DIPLOMA_ADVANCED, codes.DIPLOMA_REGULAR, codes.CERTIFICATE_OF_COMPLETION,
         codes.DIPLOMA_GED],
        default="",
    )
    row = np.flatnonzero(kind != "")
    return pl.DataFrame({
        "student_id": year.spells["student_id"].gather(row),
        "school_id": year.spells["school_id"].gather(row),
        "diploma_date": dates(year.last_days()[row]),
        "diploma_type_source": pl.Series(kind[row], dtype=pl.String),
    })


def make_exit_documents(year: DistrictYear) -> pl.DataFrame:
    """Return one row per document about a student who left the state's public schools."""
    rng = year.stream("exit_documents")
    draw, wait = rng.random(year.spells.height), rng.integers(3, 40, year.spells.height)
    exit_type = year.spells["exit_type"].fill_null("").to_numpy().astype(str)
    kind = np.select(
        [(exit_type == code) & (draw < chance) for code, (_, chance) in _DOCUMENTS.items()],
        [document for document, _ in _DOCUMENTS.values()], default="")
    row = np.flatnonzero(kind != "")
    left = year.last_days()[row]
    return pl.DataFrame({
        "student_id": year.spells["student_id"].gather(row),
        "school_id": year.spells["school_id"].gather(row),
        "exit_date": dates(left),
        "document_type_source": pl.Series(kind[row], dtype=pl.String),
        "document_date": dates(left + wait[row]),
        "leads_to_diploma_source": pl.Series(["Yes"] * len(row), dtype=pl.String),
    })
