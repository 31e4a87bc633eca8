"""The feedback report: what a clerk reads, and that nothing in it can run as a formula or as markup."""

from html.parser import HTMLParser

import polars as pl
import pytest

from expectations import FINDING_SCHEMA, write_feedback
from expectations.delivery import COUNT_SCHEMA
from expectations.report import make_formula_safe
from expectations.rules import rule
from expectations.suites.judge import VERDICT_SCHEMA


def finding(number, row, *, file="enrollments.csv"):
    broken = rule(number)
    return (broken.record_type, number, broken.severity, file, row, broken.column, broken.title)


def write(folder, findings=(), verdicts=(), status="accepted", files=(("enrollments.csv", 1200),), unread=None):
    return write_feedback(
        folder,
        source_name="Grand Bend <ISD>",
        source_id="grandbend",
        school_year=2022,
        batch_id="0123456789abcdef",
        files=files,
        unread=unread or {},
        counts=pl.DataFrame([("enrollments", 1000, 970, 30)], schema=COUNT_SCHEMA, orient="row"),
        findings=pl.DataFrame(list(findings), schema=FINDING_SCHEMA, orient="row"),
        verdicts=pl.DataFrame(list(verdicts), schema=VERDICT_SCHEMA, orient="row"),
        status=status,
    )


class Outline(HTMLParser):
    """Collects headings, captions and links, and that every element that opens closes."""

    VOID = frozenset({"meta", "link", "br", "img"})

    def __init__(self):
        super().__init__()
        self.open, self.headings, self.captions, self.links, self.tags = [], [], 0, [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)
        self.captions += tag == "caption"
        self.links += [value for name, value in attrs if name in ("href", "src")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def outline(page):
    parsed = Outline()
    parsed.feed(page)
    assert parsed.open == []
    return parsed


def test_the_report_opens_with_the_outcome_and_what_to_mend_before_the_counts(tmp_path):
    page = write(tmp_path).read_text(encoding="utf-8")
    assert page.index("Your delivery was accepted.") < page.index("What to mend") < page.index("Rows per record type")
    assert "2021-22" in page
    assert "<td class=\"number\">970</td>" in page
    assert "held back" in write(tmp_path, status="held_back").read_text(encoding="utf-8")


def test_each_rule_is_explained_once_with_its_first_twenty_rows(tmp_path):
    findings = [finding(1561, row) for row in range(2, 32)] + [finding(1621, 7, file="attendance.csv")]
    page = write(tmp_path, findings).read_text(encoding="utf-8")
    assert page.count("Rule 1561") == 1
    assert rule(1561).how_to_mend in page
    assert ", ".join(str(row) for row in range(2, 22)) + " … the rest is in" in page
    assert ", 22" not in page
    assert "30 findings" in page
    assert "1 finding<" in page
    assert pl.read_csv(tmp_path / "findings.csv").height == 31


def test_what_holds_the_delivery_back_comes_before_what_does_not(tmp_path):
    page = write(tmp_path, [finding(11, 1), finding(1561, 2), finding(2, None)]).read_text(encoding="utf-8")
    assert page.index("Rule 2:") < page.index("Rule 1561:") < page.index("Rule 11:")


def test_verdicts_on_other_deliveries_are_left_out(tmp_path):
    verdicts = [
        ("grandbend", 2022, "enrollments", 150, "fatal", "row_count_ratio", 0.7, "row_count_ratio is 0.7"),
        ("another", 2022, "enrollments", 152, "warning", "row_count_ratio", 1.3, "row_count_ratio is 1.3"),
    ]
    page = write(tmp_path, verdicts=verdicts, status="held_back").read_text(encoding="utf-8")
    assert "Rule 150" in page
    assert "Rule 152" not in page


def test_a_file_name_is_neither_markup_nor_a_formula(tmp_path):
    name = '=HYPERLINK("x")<script>alert(1)</script>.csv'
    page = write(tmp_path, [finding(1561, 2, file=name)], files=[(name, 1)]).read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;ISD&gt;" in page
    assert pl.read_csv(tmp_path / "findings.csv")["source_file"].to_list() == ["'" + name]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_every_start_of_a_formula_is_disarmed(text):
    safe = make_formula_safe(pl.DataFrame({"a": [text, "a" + text, None]}))
    assert safe["a"].to_list() == ["'" + text, "a" + text, None]


def test_the_page_has_an_outline_captions_and_nothing_from_elsewhere(tmp_path):
    parsed = outline(write(tmp_path, [finding(1561, 2), finding(2, None)]).read_text(encoding="utf-8"))
    assert parsed.headings[:2] == ["h1", "h2"]
    assert parsed.captions == 4
    assert set(parsed.links) == {"findings.csv", "#mend"}
    assert "script" not in parsed.tags


def test_the_same_findings_in_another_order_give_the_same_bytes(tmp_path):
    findings = [finding(1561, 2), finding(1502, 3), finding(1561, 1)]
    first, second = write(tmp_path / "a", findings), write(tmp_path / "b", findings[::-1])
    for name in ("index.html", "findings.csv"):
        assert first.with_name(name).read_bytes() == second.with_name(name).read_bytes()


def test_what_is_particular_to_a_finding_stands_beside_its_file(tmp_path):
    message = f"{rule(10).title}: run_date (Date looks like run_date)"
    missing = (None, 10, "fatal", "bus_runs.csv", None, "run_date", message)
    assert "run_date (Date looks like run_date)" in write(tmp_path, [missing]).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("missing", "Nothing usable has arrived"),
        ("problem", "Your newest files could not be taken in. Your last good delivery stays in use."),
    ],
)
def test_a_sender_whose_files_could_not_be_taken_in_is_told_why(tmp_path, status, words):
    page = write(tmp_path, [finding(1, None, file="bear_creek")], status=status).read_text(encoding="utf-8")
    assert words in page
    assert "was accepted" not in page
    assert rule(1).how_to_mend in page


def test_a_delivery_with_nothing_to_mend_says_that_nothing_needs_to_be_done(tmp_path):
    assert "row" in write(tmp_path).read_text(encoding="utf-8").partition("kept out.")[0]
    page = write_feedback(
        tmp_path,
        source_name="Grand Bend ISD",
        source_id="grandbend",
        school_year=2022,
        batch_id="0123456789abcdef",
        files=[("enrollments.csv", 1200)],
        unread={},
        counts=pl.DataFrame([("enrollments", 1000, 1000, 0)], schema=COUNT_SCHEMA, orient="row"),
        findings=pl.DataFrame(schema=FINDING_SCHEMA),
        verdicts=pl.DataFrame(schema=VERDICT_SCHEMA),
        status="accepted",
    ).read_text(encoding="utf-8")
    assert "Nothing needs to be done." in page


def test_an_unknown_status_is_refused(tmp_path):
    with pytest.raises(ValueError, match="accepted"):
        write(tmp_path, status="maybe")


def test_records_that_no_table_takes_yet_are_counted_so_that_everything_sent_is_accounted_for(tmp_path):
    page = write(tmp_path / "a", unread={"Contact": 1873, "LearningStandard": 5597}).read_text(encoding="utf-8")
    assert "Kept as sent, not used yet" in page
    assert page.index("Contact") < page.index("1,873") < page.index("LearningStandard") < page.index("5,597")
    assert "not used yet" not in write(tmp_path / "b").read_text(encoding="utf-8")
