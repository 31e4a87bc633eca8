"""Ed-Fi bulk XML interchange files, read as a stream: one element in memory at a time.

A file is used whole or not at all. A file cut in the middle still begins with good elements, but the missing rest would
read as students who left; so it is refused, with the line where it broke.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

import polars as pl
from lxml import etree

from intake.archives import InputFile
from intake.findings import UnreadableFile, find
from intake.formats.edfi_mapping import NOT_LISTED, ElementMapping, find_mappings
from intake.formats.rows import RowBuffer

_CHUNK = 1 << 16
_PROLOG_LIMIT = 1 << 20
_ROOT_NAME = re.compile(r"<(?:[^\s:/>]+:)?([^\s:/>]+)")
_PROLOG_NOISE = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)

Flat = dict[str, list[str]]


@dataclass(frozen=True)
class EdfiRows:
    """What one file gave: a frame per record type (lookups begin with `_`), and how many elements had no mapping."""

    tables: dict[str, pl.DataFrame]
    unread_elements: Counter


def read_edfi_file(file: InputFile) -> EdfiRows:
    """Return the rows of one interchange file, text columns plus `source_row`, the element's ordinal in the file.

    Raises UnreadableFile if the file is cut, malformed or has a DOCTYPE.
    """
    buffers: dict[str, RowBuffer] = {}
    columns: dict[str, list[str]] = {}
    unread: Counter = Counter()
    named: dict[str, dict] = {}
    with file.open() as stream:
        for ordinal, name, element in iter_records(stream, file.name):
            mappings = find_mappings(name)
            if not mappings:
                unread[name] += 1
                continue
            flat = flatten_element(element)
            for mapping in mappings:
                for row in map_element(mapping, element, flat):
                    kind = mapping.record_type
                    if kind not in buffers:
                        columns[kind] = _list_columns(kind, mapping)
                        buffers[kind] = RowBuffer(columns[kind])
                    buffers[kind].append((row.get(column) for column in columns[kind]), ordinal)
                    if kind in _REFERRED_TO and element.get("id"):
                        named["@" + element.get("id")] = row
    tables = {kind: buffer.to_frame() for kind, buffer in buffers.items()}
    if "organizations" in tables:
        parents = _follow("parent_org_id", "org_id", named)
        tables["organizations"] = tables["organizations"].with_columns(parents)
    if "incident_participations" in tables:
        school = pl.coalesce("school_id", _follow("incident_id", "school_id", named, only=True))
        tables["incident_participations"] = tables["incident_participations"].with_columns(
            school.alias("school_id"), _follow("incident_id", "incident_id", named)
        )
    return EdfiRows(tables, unread)


def iter_records(stream: BinaryIO, name: str) -> Iterator[tuple[int, str, etree._Element]]:
    """Yield ordinal (from 1), local name and element for each child of the root, one at a time.

    An element is unlinked when the next is asked for, so memory does not grow with the file. Raises
    UnreadableFile on a DOCTYPE (before anything in it is expanded), and at the end of a file that is cut or malformed.
    """
    parser = root = None
    ordinal = 0
    try:
        for chunk in _read_chunks(stream, name):
            if parser is None:
                parser = _start_parser(chunk)
            parser.feed(chunk)
            if root is None:
                root = next((element for _, element in parser.read_events()), None)
                _refuse_doctype(root, name)
            # The parser may still be inside the last child; those before it are whole.
            while root is not None and len(root) > 1:
                ordinal += 1
                yield ordinal, _local_name(root[0].tag), root[0]
                del root[0]
        root = parser.close()
        _refuse_doctype(root, name)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 0
        raise UnreadableFile(find(7, f"near line {line}", source_file=name, source_row=line)) from None
    for element in root:
        ordinal += 1
        yield ordinal, _local_name(element.tag), element


def _refuse_doctype(root: etree._Element | None, name: str) -> None:
    """An exotic encoding may have hidden the DOCTYPE from the look at the prolog; the parser saw it."""
    if root is not None and root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableFile(find(8, source_file=name))


def _start_parser(head: bytes) -> etree.XMLPullParser:
    """A parser that reports the root's start and nothing more: an event per element costs more than the parsing."""
    named = _ROOT_NAME.search(_PROLOG_NOISE.sub("", _decode_head(head)))
    return etree.XMLPullParser(
        events=("start",),
        tag=f"{{*}}{named[1]}" if named else None,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )


def _read_chunks(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """The stream's bytes; the first piece runs beyond the prolog, which must hold no DOCTYPE."""
    head = b""
    while not _is_prolog_over(head, name):
        chunk = stream.read(_CHUNK)
        if not chunk:
            break
        head += chunk
    if not head:
        raise UnreadableFile(find(2, source_file=name))
    yield head
    while chunk := stream.read(_CHUNK):
        yield chunk


def _is_prolog_over(head: bytes, name: str) -> bool:
    """Whether the root element's start has been reached. Raises UnreadableFile on a DOCTYPE or a prolog without end."""
    text = _decode_head(head)
    place = 0
    while noise := _PROLOG_NOISE.match(text, place):
        place = noise.end()
    rest = text[place : place + 9]
    if rest.upper() == "<!DOCTYPE":
        raise UnreadableFile(find(8, source_file=name))
    if len(head) > _PROLOG_LIMIT:
        raise UnreadableFile(find(7, "no element in the first megabyte", source_file=name))
    # A file that is not XML at all is left to the parser, which names the line.
    return len(rest) == 9 and not rest.startswith(("<?", "<!--"))


def _decode_head(head: bytes) -> str:
    """The beginning of a file as text, good enough to find its root element's name."""
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1"
    text = head.decode(encoding, errors="ignore").removeprefix("\xef\xbb\xbf").removeprefix("\ufeff")
    # Zero bytes between letters are UTF-16 or UTF-32 without a mark; without them names are plain to see.
    return text.replace("\x00", "")


def flatten_element(element: etree._Element, prefix: str = "") -> Flat:
    """Return `{path: [values]}` of an element: text of leaves, descriptors without their namespace.

    Paths leave out `…Identity` wrappers. A child that is only a `ref` gives `<path>/@ref`.
    """
    flat: Flat = {}
    _gather(element, prefix, flat)
    return flat


def _gather(element: etree._Element, path: str, flat: Flat) -> None:
    is_leaf = True
    for child in element:
        is_leaf = False
        _gather(child, _join_path(path, child.tag), flat)
    if is_leaf:
        text = (element.text or "").strip()
        if text:
            flat.setdefault(path, []).append(strip_namespace(text))
        elif element.get("ref"):
            flat.setdefault(f"{path}/@ref", []).append("@" + element.get("ref"))


# A file has millions of elements and some hundred names: remembered, a path costs one look-up.
@lru_cache(maxsize=1 << 14)
def _join_path(path: str, tag: str) -> str:
    name = _local_name(tag)
    if name.endswith("Identity"):
        return path
    return f"{path}/{name}" if path else name


@lru_cache(maxsize=1 << 12)
def _local_name(tag: str) -> str:
    return tag.rpartition("}")[2]


def strip_namespace(text: str) -> str:
    """Return a descriptor's code value: `uri://ed-fi.org/SexDescriptor#Male` and `Male` both give `Male`."""
    return text.rpartition("#")[2] if text.startswith("uri://") and "#" in text else text


def map_element(mapping: ElementMapping, element: etree._Element, flat: Flat) -> Iterator[dict[str, str | None]]:
    """Yield the rows of one element by its mapping: column → text; at least one unless `needs_each`."""
    if mapping.each:
        children = [child for child in element if _local_name(child.tag) == mapping.each]
        for child in children or [None] * (not mapping.needs_each):
            own = {} if child is None else flatten_element(child, mapping.each)
            rest = {path: values for path, values in flat.items() if path.partition("/")[0] != mapping.each}
            yield _map_flat(mapping, {**rest, **own})
        return
    row = _map_flat(mapping, flat)
    if mapping.expand:
        yield from _EXPANDERS[mapping.expand](row, element)
    else:
        yield row


def _map_flat(mapping: ElementMapping, flat: Flat) -> dict[str, str | None]:
    row: dict[str, str | None] = dict(mapping.defaults)
    for column, paths in mapping.columns.items():
        found = [flat[path] for path in paths if path in flat]
        if not found:
            continue
        if column in mapping.joined:
            row[column] = "|".join(value for values in found for value in values)
        else:
            value = found[0][0]
            # Some elements carry a time where the record type has a date.
            row[column] = value.partition("T")[0] if column.endswith("_date") else value
    for column, (path, wordings) in mapping.flags.items():
        row[column] = next((value for value in flat.get(path, ()) if value in wordings), NOT_LISTED)
    return row


def expand_scores(row: dict, element: etree._Element) -> Iterator[dict[str, str | None]]:
    """Yield one row per score of a StudentAssessment; a performance level joins the score of its reporting method.

    A level without such a score is a row without score_value; a test not taken is one row with the reason alone. Scores
    of objectives and items inside the assessment are not read.
    """
    scores: dict[str | None, dict] = {}
    for child in element:
        name = child.tag.rpartition("}")[2]
        if name not in ("ScoreResult", "PerformanceLevel"):
            continue
        flat = flatten_element(child)
        score_type = flat.get("AssessmentReportingMethod", [None])[0]
        column, path = ("score_value", "Result") if name == "ScoreResult" else ("performance_level_source", name)
        if column in scores.get(score_type, {}):
            score_type = f"{score_type} {flat.get('PerformanceLevelIndicatorName', [len(scores)])[0]}"
        scores.setdefault(score_type, {"score_type": score_type})[column] = flat.get(path, [None])[0]
    for score in scores.values() or [{}]:
        yield {**row, **score}


def expand_contact(row: dict, element: etree._Element) -> Iterator[dict[str, str | None]]:
    """Yield the one contact row of an association: its first address as one line, its id codes as `system:value`."""
    codes, addresses = [], []
    for child in element:
        name = child.tag.rpartition("}")[2]
        if name == "StudentIdentificationCode":
            flat = flatten_element(child)
            assigner = flat.get("AssigningOrganizationIdentificationCode", [""])[0]
            # Senders file social security numbers under a general system; the assigner is what gives them away.
            system = "SSN" if assigner == "SSN" else flat.get("StudentIdentificationSystem", [assigner])[0]
            codes.append(f"{system}:{flat.get('IdentificationCode', [''])[0]}")
        elif name == "Address":
            flat = flatten_element(child)
            parts = ("StreetNumberName", "City", "StateAbbreviation", "PostalCode")
            addresses.append(", ".join(flat[part][0] for part in parts if part in flat))
    yield {**row, "other_ids": "|".join(codes) or None, "address": next(iter(addresses), None)}


def expand_course(row: dict, element: etree._Element) -> Iterator[dict[str, str | None]]:
    """Yield the one row of a course, with its code in the School Courses for the Exchange of Data where it has one."""
    codes = [flatten_element(child) for child in element if _local_name(child.tag) == "CourseIdentificationCode"]
    sced = (flat["IdentificationCode"][0] for flat in codes if "SCED" in str(flat.get("CourseIdentificationSystem")))
    yield {**row, "sced": next(sced, None)}


_EXPANDERS: dict[str, Callable[[dict, etree._Element], Iterator[dict]]] = {
    "expand_scores": expand_scores,
    "expand_contact": expand_contact,
    "expand_course": expand_course,
}
_REFERRED_TO = ("organizations", "discipline_incidents")
"""Record types whose elements others point to by XML id."""
_EXPANDED = {
    "assessment_results": ["score_type", "score_value", "performance_level_source"],
    "_contacts": ["other_ids", "address"],
    "courses": ["sced"],
}


def _list_columns(kind: str, mapping: ElementMapping) -> list[str]:
    return list(dict.fromkeys([*mapping.columns, *mapping.flags, *mapping.defaults, *_EXPANDED.get(kind, ())]))


def _follow(column: str, wanted: str, named: dict[str, dict], *, only: bool = False) -> pl.Expr:
    """A column that may point to an element by its XML id in the same file, as DS 4 and 5 allow: with `wanted` of that
    element in its place. What points to an element that is not in the file is unknown; with `only`, so is what does not
    point at all."""
    values = {xml_id: row.get(wanted) for xml_id, row in named.items()} or {"": None}
    found = pl.col(column).replace_strict(values, default=None, return_dtype=pl.String)
    is_pointer = pl.col(column).str.starts_with("@")
    return pl.when(is_pointer).then(found).otherwise(None if only else pl.col(column)).alias(column)
