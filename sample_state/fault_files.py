"""Faults in whole files: columns, encodings, damaged XML and archives, and files made to do harm.

Every function takes a `Target` and returns a `Planted` (fault_rows.py). Each strikes a file that no other fault here
needs, so that several can be planted in one district.
"""

import csv
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from sample_state.fault_rows import Planted, Target
from sample_state.record_file import PLACES

ZIP_BOMB_BYTES = 10 << 30
ARCHIVE = "extract.zip"
_ZIPPED = ("finance_accounts", "professional_learning", "item_responses")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def plant_wrong_school_year(target: Target) -> Planted:
    """Send the files of two years before: every date of the school year, in every file of the district, moves back.

    29 February becomes 28 February, so that all dates still exist."""
    year = target.school_year
    date = re.compile(rf"\b({year - 1}|{year})-(\d\d)-(\d\d)(?!\d)")

    def move(found: re.Match) -> str:
        day = "28" if (found[2], found[3]) == ("02", "29") else found[3]
        return f"{int(found[1]) - 2}-{found[2]}-{day}"

    for path in sorted([*target.base.rglob("*.csv"), *target.base.rglob("*.xml")]):
        text = path.read_bytes().decode("utf-8")
        text = date.sub(move, text).replace(f"{year - 1}-{year}", f"{year - 3}-{year - 2}")
        path.write_bytes(text.encode("utf-8"))
    return Planted(target.base)


def _rewrite_csv(path: Path, change: Callable[[list[list[str]]], None]) -> Planted:
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    change(rows)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    return Planted(path)


def plant_column_missing(target: Target) -> Planted:
    """Leave the column run_date out of bus_runs.csv."""
    def change(rows: list[list[str]]) -> None:
        place = rows[0].index("run_date")
        for row in rows:
            del row[place]
    return _rewrite_csv(target.state_file("bus_runs"), change)


def plant_column_renamed(target: Target) -> Planted:
    """Call the column student_id of student_transportation.csv PupilNo."""
    def change(rows: list[list[str]]) -> None:
        rows[0][rows[0].index("student_id")] = "PupilNo"
    return _rewrite_csv(target.state_file("student_transportation"), change)


def plant_column_reordered(target: Target) -> Planted:
    """Send the columns of bell_times.csv in the reverse order (harmless)."""
    def change(rows: list[list[str]]) -> None:
        for row in rows:
            row.reverse()
    return _rewrite_csv(target.state_file("bell_times"), change)


def plant_column_case(target: Target) -> Planted:
    """Write the header of calendars.csv in capitals (harmless)."""
    def change(rows: list[list[str]]) -> None:
        rows[0][:] = [name.upper() for name in rows[0]]
    return _rewrite_csv(target.state_file("calendars"), change)


def _recode(path: Path, change: Callable[[str], bytes]) -> Planted:
    path.write_bytes(change(path.read_bytes().decode("utf-8")))
    return Planted(path)


def plant_utf8_bom(target: Target) -> Planted:
    """Begin program_participations.csv with a byte order mark, as spreadsheets do (harmless)."""
    return _recode(target.state_file("program_participations"), lambda text: text.encode("utf-8-sig"))


def plant_latin1(target: Target) -> Planted:
    """Write the file of students' names in Latin-1 instead of UTF-8."""
    return _recode(target.base / PLACES[target.kind, "students"][0], lambda text: text.encode("latin-1"))


def plant_utf16(target: Target) -> Planted:
    """Write demographics.csv in UTF-16 with a byte order mark, as some exports do (harmless)."""
    return _recode(target.state_file("demographics"), lambda text: b"\xff\xfe" + text.encode("utf-16-le"))


def plant_crlf(target: Target) -> Planted:
    """End the lines of staff_credentials.csv with carriage return and line feed (harmless)."""
    return _recode(target.state_file("staff_credentials"), lambda text: text.replace("\n", "\r\n").encode())


def plant_empty_file(target: Target) -> Planted:
    """Send nothing, 0 bytes, where the calendar or (of an Ed-Fi sender) the discipline file should be."""
    path = target.base / "edfi/StudentDiscipline.xml" if target.kind == "edfi_xml" else target.state_file(
        "discipline_incidents")
    path.write_bytes(b"")
    return Planted(path)


def plant_truncated_xml(target: Target) -> Planted:
    """Cut StudentProgram.xml after three fifths of its bytes, as a broken transfer does."""
    path = target.base / "edfi/StudentProgram.xml"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 3 // 5])
    return Planted(path)


def plant_billion_laughs(target: Target) -> Planted:
    """Add an XML file whose entities unfold to 3 GB. Source: CWE-776, the `billion laughs` attack."""
    entities = ['<!ENTITY lol0 "lol">']
    entities += [f'<!ENTITY lol{level} "{f"&lol{level - 1};" * 10}">' for level in range(1, 10)]
    path = target.base / "edfi/StudentContact.xml"
    lines = ['<?xml version="1.0"?>', "<!DOCTYPE InterchangeStudent [", *entities, "]>",
             '<InterchangeStudent xmlns="http://ed-fi.org/5.2.0"><Student><StudentUniqueId>&lol9;</StudentUniqueId>'
             "</Student></InterchangeStudent>", ""]
    path.write_text("\n".join(lines), encoding="utf-8", newline="")
    return Planted(path)


def plant_truncated_zip(target: Target) -> Planted:
    """Send three of the state CSV files in one zip that ends too early."""
    path = target.base / "state" / ARCHIVE
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in _ZIPPED:
            member = target.state_file(name)
            archive.writestr(_member(member.name), member.read_bytes())
            member.unlink()
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * 0.6)])
    return Planted(path)


def plant_zip_path_traversal(target: Target) -> Planted:
    """Add a zip with a member whose path climbs out of the folder."""
    path = target.base / "state" / "more.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_member("../../../outside.csv"), "school_id\n")
    return Planted(path)


def _member(name: str) -> zipfile.ZipInfo:
    """A member with a fixed time, so that the same input gives the same bytes."""
    member = zipfile.ZipInfo(name, date_time=_EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def plant_zip_bomb(target: Target) -> Planted:
    """Add a zip of about ten megabytes that unpacks to 10 GiB of zeros."""
    path = target.base / "state" / "large.zip"
    write_zip_of_zeros(path, "bus_runs_more.csv", ZIP_BOMB_BYTES)
    return Planted(path)


def write_zip_of_zeros(path: Path, member: str, size: int) -> None:
    """Write a valid zip (zip64) with one member of `size` zero bytes, which must be whole MiB.

    A block that ends in a full flush refers to nothing before it, so one compressed MiB can be written over and over:
    10 GiB take a fraction of a second. Source: RFC 1951; PKWARE APPNOTE 4.5.3 (zip64).
    """
    megabyte = 1 << 20
    if size % megabyte:
        raise ValueError("size must be whole MiB")
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = deflate.compress(bytes(megabyte)) + deflate.flush(zlib.Z_FULL_FLUSH)
    last = b"\x03\x00"  # an empty final block
    packed = len(block) * (size // megabyte) + len(last)
    name, crc = member.encode(), _crc_of_zeros(size)
    # Version 4.5, deflate, 1980-01-01, sizes in the zip64 extra field.
    shared = struct.pack("<HHHHHIIIHH", 45, 0, 8, 0, 0x21, crc, 0xFFFFFFFF, 0xFFFFFFFF, len(name), 20)
    extra = struct.pack("<HHQQ", 1, 16, size, packed)
    with path.open("wb") as file:
        file.write(b"PK\x03\x04" + shared + name + extra)
        for _ in range(size // megabyte):
            file.write(block)
        file.write(last)
        start = file.tell()
        file.write(b"PK\x01\x02" + struct.pack("<H", 45) + shared + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name + extra)
        file.write(b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, file.tell() - start, start, 0))


def _crc_of_zeros(size: int) -> int:
    """CRC-32 of `size` zero bytes: feeding a zero byte is linear over GF(2), so its matrix is raised to `size`."""
    def feed(register: int) -> int:
        for _ in range(8):
            register = (register >> 1) ^ (0xEDB88320 if register & 1 else 0)
        return register

    def apply(matrix: list[int], register: int) -> int:
        result = 0
        for bit in range(32):
            if register >> bit & 1:
                result ^= matrix[bit]
        return result

    matrix, register = [feed(1 << bit) for bit in range(32)], 0xFFFFFFFF
    while size:
        if size & 1:
            register = apply(matrix, register)
        matrix = [apply(matrix, column) for column in matrix]
        size >>= 1
    return register ^ 0xFFFFFFFF
