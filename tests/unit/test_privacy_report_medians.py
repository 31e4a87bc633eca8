"""What the review board's page and an explanation say of medians: how many, where, what of, and why one is withheld."""

import re

import polars as pl
import pytest

from privacy.cli import OK, main
from privacy.files import audit_files, protect_files
from privacy.report.figures import gather_figures
from privacy.report.medians import explain_median
from privacy.report.page import render_report
from privacy.report.reporting import Comparison, report_files
from privacy.structure import KEY
from tests.unit.statements import make_policy

BANDS = ("low", "middle", "high")
ALONE = {
    "kind": "rate", "levels": "earnings", "median": {"levels": list(BANDS), "persons": 25}, "publish": "median",
    "thresholds": {"persons": 5, "numerator": 3},
}  # fmt: skip
COUNTED = {
    **ALONE,
    "median": {"levels": list(BANDS)},
    "publish": "counts",
    "thresholds": {"persons": 5, "numerator": 5},
}
# Students in each band: X are few, so another size goes with theirs; V and W are too few for a median only; N is empty.
EARNINGS = {
    "F": (20, 40, 30), "M": (60, 20, 15), "V": (8, 6, 9), "W": (11, 4, 6), "X": (1, 2, 0), "N": (0, 0, 0),
}  # fmt: skip
PAY = {"F": (4, 0, 6), "M": (4, 0, 6)}  # both medians together, with the shown 8 that are low, would give four each
NO_REASONS = pl.DataFrame(schema={**dict.fromkeys([*KEY, "statistic", "reason"], pl.String), "school_year": pl.Int64})


def _distribution(table: str, groups: dict[str, tuple[int, ...]]) -> pl.DataFrame:
    """Cells of a state's groups (students in each band) and of all of them together."""
    total, rows = tuple(map(sum, zip(*groups.values(), strict=True))), []
    for group, counts in {"all": total, **groups}.items():
        for band, count in zip(BANDS, counts, strict=True):
            named = ("earnings", band) if group == "all" else ("earnings x sex", f"{band} x {group}")
            rows.append((table, 2026, "ST", *named, "state", None, sum(counts), count, sum(counts)))
    columns = [*KEY, "org_level", "parent_org_id", "student_count", "numerator", "denominator"]
    return pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    folder = tmp_path_factory.mktemp("state")
    pl.concat([_distribution("earnings", EARNINGS), _distribution("pay", PAY)]).write_csv(folder / "cells.csv")
    (folder / "cells.yml").write_text("version: 1\n")
    policy = make_policy({"earnings": ALONE, "pay": COUNTED})
    (folder / "policy.yml").write_text(policy.model_dump_json())
    protect_files(folder / "cells.csv", folder / "cells.yml", folder / "policy.yml", folder / "out", secret=b"0" * 16)
    assert audit_files(folder / "out", folder / "policy.yml").passed
    return folder, policy


def _gather(folder, policy):
    cells, reasons = (folder / "out" / part for part in ("public/cells.parquet", "internal/reasons.parquet"))
    return gather_figures(pl.read_parquet(cells), pl.read_parquet(reasons), policy)


def _read_medians(folder) -> dict[tuple[str, str], tuple[str, str]]:
    """Table and group to the median and the size that its rows in the public file state; one, in all of them."""
    rows = pl.read_csv(folder / "out" / "public" / "cells.csv", infer_schema=False)
    group = pl.col("disaggregate_value").str.split(" x ").list.get(1, null_on_oob=True).fill_null("all")
    found = rows.group_by("table_id", group=group).agg(pl.col("median_level", "denominator").unique())
    return {(table, name): (median, size) for table, name, [median], [size] in found.iter_rows()}


def test_medians_are_counted_once_for_each_group_as_the_public_file_states_them(release):
    folder, policy = release
    said, figures = _read_medians(folder), _gather(folder, policy)
    rows = figures.medians.groups.select("table_id", "disaggregate_value", "shown", "withheld").rows()
    assert {(table, group): (shown, withheld) for table, group, shown, withheld in rows} == {
        key: (int(median != "*"), int(median == "*")) for key, (median, _) in said.items() if key != ("earnings", "N")
    }
    assert set(figures.medians.groups["disaggregate_type"]) == {"all", "sex"}
    shown, withheld = figures.medians.levels.select(pl.col("shown", "withheld").sum()).row(0)
    assert (shown, withheld) == (figures.medians.groups["shown"].sum(), figures.medians.groups["withheld"].sum())
    page = report_files(folder / "out", folder / "policy.yml", folder / "page.html").read_text()
    assert f"Of {shown + withheld} medians, {shown} are shown and {withheld} withheld" in page
    assert 0 < withheld < shown + withheld
    for title in ("earnings, medians, by level", "earnings, medians, by group", "pay, medians, by group"):
        assert f"<h3>{title}</h3>" in page


def test_the_size_behind_a_median_alone_is_one_number_though_it_stands_in_the_row_of_every_level(release):
    folder, policy = release
    sizes = {group: size for (table, group), (_, size) in _read_medians(folder).items() if table == "earnings"}
    figures = _gather(folder, policy)
    counted = figures.numbers.levels.filter(table_id="earnings").select("shown", "withheld").row(0)
    gone = list(sizes.values()).count("*")
    assert gone > 0
    assert counted == (len(sizes) - gone - 1, gone)  # less the group nobody is in
    pay = pl.read_parquet(folder / "out/public/cells.parquet").filter(table_id="pay")
    numbers = pay.select(pl.col(f"{one}_status").eq("shown").sum() for one in ("numerator", "denominator")).row(0)
    assert figures.numbers.levels.filter(table_id="pay")["shown"].item() == sum(numbers)


def test_the_row_of_the_group_itself_repeats_its_size_and_has_no_median(release):
    _, policy = release
    levels = _publish([("S0", "F", "low"), ("S1", "F", None)], policy)
    own = levels.unique("org_id", keep="first", maintain_order=True).with_columns(
        disaggregate_type=pl.lit("sex"),
        disaggregate_value=pl.lit("F"),
        median_level=pl.lit(None, pl.String),
        median_status=pl.lit("not_published"),
    )
    cells = pl.concat([own, levels])
    figures = gather_figures(cells, NO_REASONS, policy)
    assert figures.numbers.groups.rows() == [("earnings", "sex", "F", 2, 0, 0)]
    assert figures.medians.groups.rows() == [("earnings", "sex", "F", 1, 0, 1)]
    assert figures.medians.districts.rows() == [("D", 1, 0, 1)]
    assert explain_median(cells, policy, own.row(0, named=True)) == [
        "  median: stands in the rows of a level (earnings) only."
    ]


def test_the_page_says_why_medians_are_withheld_with_what_the_public_file_says_too(release):
    folder, policy = release
    said, fewest = _read_medians(folder), {"earnings": 25, "pay": 10}
    why = {"no_size": 0, "few": 0, "telling": 0}
    for (table, _), (median, size) in said.items():
        if median == "*":
            why["no_size" if size == "*" else "few" if int(size) < fewest[table] else "telling"] += 1
    assert min(why.values()) > 0
    figures = _gather(folder, policy)
    assert figures.reasons_of_medians == why
    page = " ".join(re.sub(r"<[^>]+>", " ", render_report(figures)).split())
    assert f"no median is told without it {why['no_size']} " in page
    assert f"the policy wants more students behind a median {why['few']} " in page
    assert "of a median shown earnings rate 5 3 1 25 pay rate 5 5 1 10" in page


def test_numbers_that_are_published_under_no_circumstances_are_no_part_of_the_price(release):
    _, policy = release
    rows = [("earnings", 2026, "ST", "earnings", band, "numerator", "complementary") for band in BANDS]
    groups = [f"{band} x {group}" for group in range(40) for band in BANDS]
    kinds = ["primary_n" if int(one.split()[-1]) < 20 else "complementary" for one in groups]
    sizes = [
        ("earnings", 2026, "ST", "earnings x sex", group, "denominator", kind)
        for group, kind in zip(groups, kinds, strict=True)
    ]
    reasons = pl.DataFrame(rows + sizes, schema=NO_REASONS.schema, orient="row")
    price = gather_figures(_publish([], policy), reasons, policy, cost=1.0).price
    assert (price.sensitive, price.complementary) == (20, 20)


def _publish(medians: list[tuple[str, str, str | None]], policy) -> pl.DataFrame:
    """Public cells of groups of thirty students of schools of one district: school, group, median (None: withheld)."""
    rows = []
    for school, group, median in medians:
        for band in BANDS:
            key = ("earnings", 2026, school, "earnings x sex", f"{band} x {group}", "school", "D")
            status = "withheld" if median is None else "shown"
            rows.append((*key, 30, None, 30, "shown", "not_published", "shown", median, status, status))
    numbers = ["student_count", "numerator", "denominator"]
    columns = [*KEY, "org_level", "parent_org_id", *numbers, *(f"{one}_status" for one in numbers)]
    columns += ["median_level", "median_status", "status"]
    whole = {"school_year", *numbers}
    schema = {name: pl.Int64 if name in whole else pl.String for name in columns}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _compare(policy, one: dict[str, int], two: dict[str, int], other=None) -> str:
    """The page's comparison of two releases, in words; group: how many of 20 schools' medians are withheld."""
    sides = []
    for withheld, rules in ((one, policy), (two, other or policy)):
        said = [(f"S{i}", group, None if i < n else "low") for group, n in withheld.items() for i in range(20)]
        sides.append(gather_figures(_publish(said, rules), NO_REASONS, rules))
    page = render_report(*sides)
    return " ".join(
        re.sub(r"<svg.*?</svg>|<[^>]+>", " ", page[page.index('id="comparison"') :], flags=re.DOTALL).split()
    )


def test_medians_are_compared_under_two_policies_and_few_of_them_told_together_only(release):
    told = _compare(release[1], {"F": 12, "M": 11, "X": 3, "Y": 8}, {"F": 15, "M": 13, "X": 9, "Y": 2})
    assert "medians by level: test first, test second" in told
    assert "Schools 46 41 34 (42.5 %) 39 (48.8 %)" in told
    assert "sex: F 8 5 12 (60.0 %) 15 (75.0 %)" in told
    assert "sex: M 9 7 11 (55.0 %) 13 (65.0 %)" in told
    assert "sex: X" not in told
    assert "all others together 29 29 11 (27.5 %) 11 (27.5 %)" in told


def test_medians_that_one_policy_alone_publishes_are_not_compared(release, tmp_path):
    folder, policy = release
    assert "too few medians are withheld" in _compare(policy, {"F": 4}, {"F": 5})
    rules = {name: {**COUNTED, "median": None} for name in ("earnings", "pay")}
    (tmp_path / "counts.yml").write_text(make_policy(rules, name="counts alone").model_dump_json())
    comparison = Comparison(tmp_path / "counts.yml", folder / "cells.csv", folder / "cells.yml", b"0" * 16)
    page = report_files(folder / "out", folder / "policy.yml", tmp_path / "page.html", comparison=comparison)
    assert "Only one of the two policies publishes medians" in page.read_text()
    assert "medians by level" not in page.read_text()


def _explain(folder, capsys, cell: str) -> str:
    capsys.readouterr()
    assert main(["explain", str(folder / "out"), cell, "--policy", str(folder / "policy.yml")]) == OK
    return capsys.readouterr().out


def test_a_shown_median_is_explained_by_what_it_is_of_and_what_it_tells(release, capsys):
    told = _explain(release[0], capsys, "earnings/2026/ST/earnings/high")
    size = sum(sum(counts) for counts in EARNINGS.values())
    assert "median: shown: middle." in told
    assert "lowest level first: earnings/low, earnings/middle, earnings/high" in told
    assert f"of {size} students at most {(size - 1) // 2} are below it, and at least {(size + 1) // 2} at it" in told
    assert "numerator: never published by this table" in told
    assert "without it, subtraction" not in told


def test_a_withheld_median_is_explained_by_the_first_reason_that_applies(release, capsys):
    folder, _ = release
    wanted = {
        "no_size": "median: withheld; the number of students is withheld",
        "few": "median: withheld; the policy wants more students behind a median (25).",
        "telling": "median: withheld; beside all else that is shown it would narrow a protected number too far",
    }
    found = set()
    for (table, group), (median, size) in _read_medians(folder).items():
        if median == "*":
            why = "no_size" if size == "*" else "few" if table == "earnings" else "telling"
            told = _explain(folder, capsys, f"{table}/2026/ST/earnings x sex/middle x {group}")
            assert wanted[why] in told
            assert "it tells a reader" not in told
            found.add(why)
    assert found == set(wanted)


def test_an_empty_group_and_a_table_without_medians_are_explained_without_one(release, capsys, tmp_path):
    folder, _ = release
    assert "there is none, for nobody is in the group" in _explain(
        folder, capsys, "earnings/2026/ST/earnings x sex/low x N"
    )
    (tmp_path / "policy.yml").write_text(make_policy({"pay": {**COUNTED, "median": None}}).model_dump_json())
    _distribution("pay", PAY).write_csv(tmp_path / "cells.csv")
    protect_files(tmp_path / "cells.csv", folder / "cells.yml", tmp_path / "policy.yml", tmp_path / "out")
    assert "median" not in _explain(tmp_path, capsys, "pay/2026/ST/earnings x sex/low x F")
