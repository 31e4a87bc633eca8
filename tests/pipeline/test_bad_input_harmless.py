"""What differs only in form is accepted: the same rows as from the plain file, and a night that ends well."""

import csv
import io
import re

import polars as pl
import pytest

CSV_DISTRICTS = ("oneroster_csv", "state_csv")
ALL_DISTRICTS = ("edfi_xml", *CSV_DISTRICTS)


def rewrite_csv(change):
    """A function that changes the parsed lines of a CSV file, the header first."""

    def recode(content):
        rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
        change(rows)
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(rows)
        return out.getvalue().encode()

    return recode


def reverse_and_capitalise(rows):
    for row in rows:
        row.reverse()
    rows[0][:] = [name.upper() for name in rows[0]]


def save_as_spreadsheets_do(content):
    """A byte order mark, and carriage returns at the line ends."""
    return b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n")


def declare_utf16(content):
    text = re.sub(r'encoding="[^"]*"', 'encoding="UTF-16"', content.decode(), count=1)
    return text.encode("utf-16")


# name → how it changes a CSV file, how an XML file (None: it has no such form)
VARIANTS = {
    "byte order mark and CRLF": (save_as_spreadsheets_do, save_as_spreadsheets_do),
    "UTF-16": (lambda content: content.decode().encode("utf-16"), declare_utf16),
    "columns in another order and headers in capitals": (rewrite_csv(reverse_and_capitalise), None),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_another_form_of_every_file_gives_the_same_rows(stage, clean_night, districts, struck, variant):
    change_csv, change_xml = VARIANTS[variant]
    changed = ALL_DISTRICTS if change_xml else CSV_DISTRICTS
    for kind in changed:
        for path in stage.files(struck[kind]).rglob("*.*"):
            change = change_xml if path.suffix == ".xml" else change_csv
            if change:
                path.write_bytes(change(path.read_bytes()))
    night = stage.run()
    assert night.exit_code == 0, night.summary
    for kind in changed:
        entry = night.source(struck[kind])
        assert clean_night.source(struck[kind])["batch_id"] != entry["batch_id"] == entry["in_use"]
        assert (entry["status"], entry["quarantined"]) == ("accepted", 0)
        same_place = ("batch_id",)
        assert night.rows(struck[kind], without=same_place) == clean_night.rows(struck[kind], without=same_place)
    for other in sorted(set(districts) - {struck[kind] for kind in changed}):
        assert night.record_bytes(other) == clean_night.record_bytes(other)


def test_line_breaks_inside_quotes_are_part_of_the_value(stage, clean_night, struck, persons, caplog):
    for kind in CSV_DISTRICTS:
        stage.plant("quoted_newline", struck[kind])
    with caplog.at_level("INFO"):
        night = stage.run()
    assert night.exit_code == 0
    for kind in CSV_DISTRICTS:
        assert night.rows(struck[kind]) == clean_night.rows(struck[kind])
    assert night.leaks(caplog.text, persons) == []


def test_latin_1_is_read_and_the_sender_is_asked_for_utf_8(stage, clean_night, struck, persons, caplog):
    keys = {kind: stage.plant("latin1", struck[kind]) for kind in CSV_DISTRICTS}
    for key in keys.values():
        # A name with an accent, so that the file is not the same in both encodings.
        path = stage.state / key.file
        path.write_bytes(path.read_bytes().replace(b"Qzxv", "éQzxv".encode("latin-1"), 1))
    with caplog.at_level("INFO"):
        night = stage.run()
    assert night.exit_code == 0
    for kind, key in keys.items():
        assert night.rows(struck[kind]) == clean_night.rows(struck[kind])
        found = night.findings(struck[kind]).filter(pl.col("rule") == 12)
        assert set(found["source_file"]) == {key.file.split("/")[-1]}
        assert "Save the file as UTF-8." in night.page(struck[kind])
    assert night.leaks(caplog.text, persons) == []
