"""The feedback report to one sender: what arrived, whether it was accepted, and what to mend, in a clerk's words."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import polars as pl
from jinja2 import Environment, FileSystemLoader, Template, select_autoescape

from expectations.findings import FINDING_SCHEMA
from expectations.rules import SEVERITIES, Rule, load_rules

SHOWN_ROWS = 20
SHOWN_DETAILS = 3
STATUSES = {
    "accepted": "Your delivery was accepted.",
    "held_back": "Your delivery was held back. Your last good delivery, if there is one, stays in use.",
    "problem": "Your newest files could not be taken in. Your last good delivery stays in use.",
    "missing": "Nothing usable has arrived from you for this school year yet.",
}
WORDS = {"fatal": "holds the delivery back", "error": "rows kept out", "warning": "please look at it"}
FORMULA_START = r"^[=+\-@\t\r]"


def write_feedback(
    folder: Path,
    *,
    source_name: str,
    source_id: str,
    school_year: int,
    batch_id: str,
    files: Sequence[tuple[str, int]],
    unread: Mapping[str, int],
    counts: pl.DataFrame,
    findings: pl.DataFrame,
    verdicts: pl.DataFrame,
    status: str,
) -> Path:
    """Writes `index.html` and `findings.csv` into the folder and returns the path of the former.

    `files` are (name, size in bytes); `unread` the kinds of record that no table takes yet, with their counts;
    `counts`, `findings` and `verdicts` as check_delivery and judge_deliveries give them (intake's findings joined on).
    The same input gives the same bytes. Raises ValueError for a status not in STATUSES.
    """
    if status not in STATUSES:
        raise ValueError(f"status must be one of {', '.join(STATUSES)}")
    findings = findings.select(list(FINDING_SCHEMA)).sort(list(FINDING_SCHEMA), nulls_last=True)
    page = _template().render(
        source_name=source_name,
        source_id=source_id,
        school_year=f"{school_year - 1}-{school_year % 100:02d}",
        batch_id=batch_id,
        files=sorted(files),
        unread=sorted(unread.items()),
        outcome=STATUSES[status],
        status=status,
        kept_out=counts["quarantined"].sum(),
        counts=counts.to_dicts(),
        problems=_group_by_rule(findings),
        verdicts=_describe_verdicts(verdicts, source_id, school_year),
        words=WORDS,
        shown_rows=SHOWN_ROWS,
    )
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / "findings.csv", make_formula_safe(findings).write_csv())
    return _replace(folder / "index.html", page)


def make_formula_safe(table: pl.DataFrame) -> pl.DataFrame:
    """The table with an apostrophe before every text that a spreadsheet program would run as a formula.

    Source: OWASP, "CSV Injection".
    """
    text = pl.col(pl.String)
    return table.with_columns(pl.when(text.str.contains(FORMULA_START)).then("'" + text).otherwise(text).name.keep())


def _group_by_rule(findings: pl.DataFrame) -> list[dict]:
    """One entry per rule and record type, gravest first: the rule's words, the count, the first rows of each file."""
    by_file = findings.group_by("rule", "record_type", "source_file", maintain_order=True).agg(
        pl.len().alias("row_count"),
        pl.col("source_row").drop_nulls().head(SHOWN_ROWS).alias("rows"),
        pl.col("severity").first(),
        pl.col("message").unique(maintain_order=True),
    )
    problems: dict[tuple, dict] = {}
    for row in by_file.iter_rows(named=True):
        known = load_rules().get(row["rule"]) or _unlisted(row)
        problem = problems.setdefault(
            (row["rule"], row["record_type"]),
            {"rule": known, "severity": row["severity"], "record_type": row["record_type"], "count": 0, "files": []},
        )
        problem["count"] += row["row_count"]
        problem["files"].append(
            {
                "name": row["source_file"],
                "count": row["row_count"],
                "rows": row["rows"],
                "details": _list_details(row["message"], known.title),
            }
        )
    gravity = {severity: position for position, severity in enumerate(("fatal", "error", "warning"))}
    return sorted(problems.values(), key=lambda p: (gravity[p["severity"]], p["rule"].number, p["record_type"] or ""))


def _list_details(messages: Sequence[str], title: str) -> list[str]:
    """What the messages say beyond the rule's title (which column, how many values), the first few."""
    beyond = [message.removeprefix(title).removeprefix(": ") for message in messages]
    told = [text for text in beyond if text]
    return told[:SHOWN_DETAILS] + (["…"] if len(told) > SHOWN_DETAILS else [])


def _unlisted(row: dict) -> Rule:
    severity = row["severity"] if row["severity"] in SEVERITIES else "error"
    return Rule(row["rule"], row["message"][0], severity, meaning="", how_to_mend="")


def _describe_verdicts(verdicts: pl.DataFrame, source_id: str, school_year: int) -> list[dict]:
    """The verdicts on this delivery with the words of their rules, fatal ones first."""
    own = verdicts.filter((pl.col("source_id") == source_id) & (pl.col("school_year") == school_year))
    ordered = own.sort("severity", "rule", "record_type", "metric")  # "fatal" sorts before "warning"
    return [row | {"rule": load_rules()[row["rule"]]} for row in ordered.to_dicts()]


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).with_name("templates"))
    return Environment(
        loader=loader, autoescape=select_autoescape(["html"], default=True), trim_blocks=True, lstrip_blocks=True
    ).get_template("feedback.html")


def _replace(path: Path, text: str) -> Path:
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text(text, encoding="utf-8", newline="\n")
    return unfinished.replace(path)
