"""The review board's page: what it counts, what it keeps to itself, and that anybody can read it."""

import math
import re
from html import escape
from html.parser import HTMLParser

import polars as pl
import pytest

from privacy.cli import OK, USAGE, main
from privacy.description import DescriptionError
from privacy.files import audit_files, protect_files
from privacy.policy import DEFAULT_POLICY, load_policy
from privacy.release import PUBLISHED, Bound
from privacy.report.figures import gather_figures
from privacy.report.page import _merge_few, render_report
from privacy.report.pictures import Bar, draw_bars
from privacy.report.reporting import Comparison, report_files

TABLE, GROUPS = "ind_chronic_absenteeism", {"all": ["all"], "race": ["AS", "BL", "WH"], "sex": ["F", "M"]}
SIZES = {"A": (4, 30, 66), "B": (25, 3, 90), "C": (14, 40, 7), "D": (33, 26, 61), "E": (5, 12, 80), "F": (41, 2, 38)}


def _list_cells():
    """A state of two districts with three schools each; about a third are absent, fewer in small groups."""
    rows = []
    places = {name: ("school", "D1" if name in "ABC" else "D2", name) for name in SIZES}
    places |= {"D1": ("lea", "S", "ABC"), "D2": ("lea", "S", "DEF"), "S": ("state", None, "ABCDEF")}
    for place, (level, parent, schools) in places.items():
        for kind, values in GROUPS.items():
            for value in values:
                n = absent = 0
                for school in schools:
                    sizes = SIZES[school]
                    total, third = sum(sizes), [size // 3 for size in sizes]
                    girls, away = total // 2 - 3, sum(third) // 2 + 1
                    part = {"all": (total, sum(third)), "F": (girls, away), "M": (total - girls, sum(third) - away)}
                    part |= {race: (sizes[i], third[i]) for i, race in enumerate(GROUPS["race"])}
                    n, absent = n + part[value][0], absent + part[value][1]
                rows.append((TABLE, 2026, place, kind, value, level, parent, n, absent, n))
    columns = ["table_id", "school_year", "org_id", "disaggregate_type", "disaggregate_value", "org_level"]
    columns += ["parent_org_id", "student_count", "numerator", "denominator"]
    return pl.DataFrame(rows, schema=columns, orient="row")


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    folder = tmp_path_factory.mktemp("state")
    _list_cells().write_csv(folder / "cells.csv")
    (folder / "cells.yml").write_text("version: 1\n")
    policy = DEFAULT_POLICY.read_text().replace("careful-default", "five").replace("persons: 10", "persons: 5")
    (folder / "five.yml").write_text(policy)
    grid = "[{from: 10, bottom: 30, top: 70, step: 20}]"
    banded = re.sub(r"(&rate\n    kind: rate)", r"\1\n    coding: grid", DEFAULT_POLICY.read_text())
    (folder / "banded.yml").write_text(f"{banded}\ngrids: {{grid: {grid}}}\n")
    protect_files(folder / "cells.csv", folder / "cells.yml", DEFAULT_POLICY, folder / "out", secret=b"0" * 16)
    audit_files(folder / "out", DEFAULT_POLICY)
    return folder


class _Page(HTMLParser):
    """Every tag with its attributes, in order."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))


def test_the_page_counts_what_the_public_file_shows_and_withholds(release):
    figures = gather_figures(
        pl.read_parquet(release / "out" / "public" / "cells.parquet"),
        pl.read_parquet(release / "out" / "internal" / "reasons.parquet"), load_policy(),
    )  # fmt: skip
    public = pl.read_csv(release / "out" / "public" / "cells.csv", infer_schema=False)
    withheld = (public["numerator"] == "*").sum() + (public["denominator"] == "*").sum()
    assert figures.numbers.levels["withheld"].sum() == withheld == figures.numbers.groups["withheld"].sum()
    assert figures.numbers.levels["shown"].sum() == 2 * public.height - withheld
    assert (
        figures.numbers.districts["withheld"].sum()
        == withheld - figures.numbers.levels.filter(org_level="state")["withheld"].sum()
    )


def test_every_row_of_a_table_has_a_count_under_every_heading(release):
    page = report_files(release / "out", DEFAULT_POLICY, release / "page.html").read_text()
    tables = re.findall(r"<caption>(?:.*?, by |The )(?:.*?)</table>", page, flags=re.DOTALL)
    assert len(tables) >= 3
    for table in tables:
        headings, *rows = re.findall(r"<tr>(.*?)</tr>", table, flags=re.DOTALL)
        assert [row.count("<td") + 1 for row in rows] == [headings.count("<th")] * len(rows)
    shown, withheld = re.search(r"<th scope=\"row\">Districts</th><td>(\d+)</td><td>(\d+)</td>", page).groups()
    public = pl.read_csv(release / "out" / "public" / "cells.csv", infer_schema=False).filter(org_level="lea")
    gone = (public["numerator"] == "*").sum() + (public["denominator"] == "*").sum()
    assert (int(shown), int(withheld)) == (2 * public.height - gone, gone)


def test_the_page_loads_nothing_has_words_behind_every_picture_and_is_the_same_every_time(release):
    first = report_files(release / "out", DEFAULT_POLICY, release / "page.html").read_text()
    assert report_files(release / "out", DEFAULT_POLICY, release / "page.html").read_text() == first
    assert "The audit passed" in first
    assert all(escape(limit) in first for limit in load_policy().does_not_protect)
    tags = _Page(first).tags
    assert not [tag for tag, has in tags if tag in ("script", "link", "img") or "src" in has or "href" in has]
    assert "@import" not in first
    assert "http" not in first
    pictures = [has for tag, has in tags if tag == "svg" and has.get("role") == "img"]
    names = {has["id"] for tag, has in tags if tag in ("title", "desc") and "id" in has}
    assert len(pictures) == 2
    assert set(" ".join(one["aria-labelledby"] for one in pictures).split()) == names
    assert sum(tag == "details" for tag, _ in tags) == len(pictures)
    assert "prefers-color-scheme: dark" in first
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in tags


def test_the_page_is_the_same_whichever_withheld_numbers_are_the_small_ones(release):
    cells = pl.read_parquet(release / "out" / "public" / "cells.parquet")
    reasons = pl.read_parquet(release / "out" / "internal" / "reasons.parquet")
    kept = reasons.filter(pl.col("statistic").is_in(PUBLISHED)).with_row_index()
    other = kept.with_columns(pl.col("reason").sort(descending=True)).drop("index")
    assert not other.equals(kept.drop("index"))
    pages = {render_report(gather_figures(cells, one, load_policy(), cost=9.0)) for one in (kept, other)}
    assert len(pages) == 1


def test_bands_are_told_apart_from_what_is_shown_and_from_what_is_withheld(release, tmp_path):
    protect_files(release / "cells.csv", release / "cells.yml", release / "banded.yml", tmp_path / "out")
    public = pl.read_csv(tmp_path / "out" / "public" / "cells.csv", infer_schema=False)
    marked = public.group_by("rate_status").agg(pl.col("rate_label") == "*").explode("rate_label")
    assert {(status, mark) for status, mark in marked.unique().rows()} == {
        ("shown", False), ("banded", False), ("withheld", True),
    }  # fmt: skip
    page = report_files(tmp_path / "out", release / "banded.yml").read_text()
    cells = pl.read_parquet(tmp_path / "out" / "public" / "cells.parquet")
    figures = gather_figures(cells, pl.DataFrame(schema={"statistic": pl.String, "reason": pl.String}), load_policy())
    assert figures.numbers.levels["banded"].sum() == (public["rate_status"] == "banded").sum() > 0
    assert "are given as a range" in page


def test_groups_nobody_is_in_are_counted_by_themselves(release):
    cells = pl.read_parquet(release / "out" / "public" / "cells.parquet")
    nobody = cells.head(1).with_columns(pl.col(PUBLISHED).fill_null(1) * 0, status=pl.lit("shown")).with_columns(
        pl.lit("shown").alias(f"{one}_status") for one in PUBLISHED
    )  # fmt: skip
    reasons = pl.DataFrame(schema={"statistic": pl.String, "reason": pl.String})
    without, with_one = (gather_figures(one, reasons, load_policy()) for one in (cells, pl.concat([cells, nobody])))
    assert with_one.empty == without.empty + 1
    assert with_one.numbers.levels.equals(without.numbers.levels)


def test_the_price_is_not_told_where_nearly_all_withheld_numbers_are_of_one_kind(release):
    cells = pl.read_parquet(release / "out" / "public" / "cells.parquet")
    reasons = pl.DataFrame({"statistic": ["numerator"] * 100, "reason": ["primary_n"] * 91 + ["complementary"] * 9})
    assert gather_figures(cells, reasons, load_policy(), cost=123.0).price is None
    more = pl.concat([reasons, reasons.filter(pl.col("reason") == "complementary")])
    price = gather_figures(cells, more, load_policy(), cost=123.0, bound=Bound(115.0, 0.065)).price
    assert (price.sensitive, price.complementary, price.cost, price.lower_bound, price.gap_percent) == (
        91,
        18,
        "120",
        "120",
        6.5,
    )
    none = gather_figures(cells, more, load_policy(), cost=123.0, bound=Bound(math.nan, math.nan)).price
    assert none.lower_bound is None


def test_an_audit_of_other_cells_or_another_policy_is_not_believed(release, tmp_path):
    protect_files(release / "cells.csv", release / "cells.yml", DEFAULT_POLICY, tmp_path / "out")
    assert "Not audited yet" in report_files(tmp_path / "out", DEFAULT_POLICY).read_text()
    audit_files(tmp_path / "out", DEFAULT_POLICY)
    assert "The audit passed" in report_files(tmp_path / "out", DEFAULT_POLICY).read_text()
    path = tmp_path / "out" / "public" / "cells.parquet"
    pl.read_parquet(path).with_columns(pl.col("numerator") + 1).write_parquet(path)
    assert "Not audited yet" in report_files(tmp_path / "out", DEFAULT_POLICY).read_text()
    with pytest.raises(DescriptionError, match="protected under the policy"):
        report_files(tmp_path / "out", release / "five.yml")


def test_two_policies_side_by_side_tell_few_withheld_numbers_together_only(release):
    comparison = Comparison(release / "five.yml", release / "cells.csv", release / "cells.yml", b"0" * 16)
    page = report_files(release / "out", DEFAULT_POLICY, release / "two.html", comparison=comparison).read_text()
    told = page[page.index('id="comparison"') :]
    assert "all others together" in told or "too few numbers are withheld" in told
    for first, second in re.findall(r"<td>([\d,]+) \([\d.]+ %\)</td>\s*<td>([\d,]+) \([\d.]+ %\)</td>", told):
        assert min(int(first), int(second)) >= 10


def test_rows_with_few_withheld_numbers_take_others_with_them_until_they_are_enough():
    def pair(label, one, two):
        return Bar(label, (50, 0, one)), Bar(label, (50, 0, two))

    told = _merge_few([pair("a", 30, 20), pair("b", 4, 1), pair("c", 14, 12), pair("d", 90, 80)])
    assert [(one.label, one.counts[-1], two.counts[-1]) for one, two in told] == [
        ("a", 30, 20), ("d", 90, 80), ("all others together", 18, 13),
    ]  # fmt: skip
    assert _merge_few([pair("a", 4, 1), pair("b", 3, 3)]) == []


def test_cells_that_are_not_those_of_the_release_are_not_compared(release, tmp_path):
    pl.read_csv(release / "cells.csv").filter(pl.col("org_id") != "F").write_csv(tmp_path / "fewer.csv")
    comparison = Comparison(release / "five.yml", tmp_path / "fewer.csv", release / "cells.yml")
    with pytest.raises(DescriptionError, match="not the cells of the release"):
        report_files(release / "out", DEFAULT_POLICY, tmp_path / "page.html", comparison=comparison)


def test_what_a_home_protected_is_reported_too(release, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "home" / "protected" / "0123"
    folder.mkdir(parents=True)
    pl.read_parquet(release / "out" / "public" / "cells.parquet").write_parquet(folder / "protected_cells.parquet")
    pl.read_parquet(release / "out" / "internal" / "reasons.parquet").write_parquet(folder / "reasons.parquet")
    tables = f'[{{"table_id": "{TABLE}", "passed": true}}]'
    (folder / "audit.json").write_text(
        f'{{"policy": {{"hash": "{load_policy().hash}"}}, "audit": {{"passed": true, "tables": {tables}}}, "lost": 3}}'
    )
    monkeypatch.setenv("SLDS_HOME", str(tmp_path / "home"))
    assert main(["report", "--home", "--policy", str(DEFAULT_POLICY)]) == OK
    page = (tmp_path / "home" / "reports" / "disclosure_report.html").read_text()
    assert "withstood every attacker" in page
    assert "3 numbers are lost" in page
    assert "come to about" not in page
    monkeypatch.delenv("SLDS_HOME")
    assert main(["report", "--home", "--policy", str(DEFAULT_POLICY)]) == USAGE
    assert "Which home?" in capsys.readouterr().err


def test_what_earlier_releases_lost_is_said_though_the_audit_passed(release):
    cells = pl.read_parquet(release / "out" / "public" / "cells.parquet")
    reasons = pl.read_parquet(release / "out" / "internal" / "reasons.parquet")
    audit = {"passed": True, "tables": [{"table_id": TABLE, "passed": True}]}
    none, some = (render_report(gather_figures(cells, reasons, load_policy(), audit=audit, lost=n)) for n in (0, 1226))
    assert "Every protected number keeps" in " ".join(none.split())
    assert "lost" not in none.split("<h2", 2)[1]
    assert "1,226 numbers are lost: earlier releases tell them" in some
    assert "Every protected number but those lost (below) keeps" in " ".join(some.split())
    assert "lost.parquet, beside the protected cells" in " ".join(some.split())
    for page, says in ((none, "withstood every attacker"), (some, "withstood every attacker, lost numbers apart")):
        assert f'{TABLE}</th><td class="word">{says}</td>' in page


def test_a_comparison_needs_the_exact_cells(release, capsys):
    files = [str(release / "out"), "--policy", str(DEFAULT_POLICY), "--compare", str(release / "five.yml")]
    assert main(["report", *files]) == USAGE
    assert "--cells" in capsys.readouterr().err


def test_a_bar_is_cut_by_its_counts_and_a_label_cannot_break_the_page():
    drawn = draw_bars("one", "Title & more", "Words", [Bar("<b>", (3, 0, 1)), Bar("none", (0, 0, 0))])
    assert 'width="270.00" height="16" class="shown"' in drawn
    assert 'x="270.00" y="19" width="90.00" height="16" class="withheld"' in drawn
    assert "&lt;b&gt;" in drawn
    assert "Title &amp; more" in drawn
    assert "25.0% withheld" in drawn
    assert "nothing published" in drawn
