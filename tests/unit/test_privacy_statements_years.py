"""Links of a table with itself: what one year of it says about another counts against a release of both."""

import dataclasses

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from privacy import Policy, PolicyError, audit, check, load_policy, protect
from privacy.files import audit_files, check_files, protect_files
from privacy.ledger.campaign import Campaign, conclude, list_parts, read_outcome, solve_part, tie_tables
from privacy.ledger.chain import Release
from privacy.ledger.cumulative import audit_after, check_after, protect_after, recall
from privacy.ledger.outcomes import write_tables
from privacy.structure import KEY, build_structure, check_cells
from tests.unit.statements import make_policy

COUNT = {"kind": "count", "thresholds": {"persons": 10}}
OCTOBER = {"A": 60, "B": 80, "C": 70}


def _count(table: str, year: int, schools: dict[str, int]) -> pl.DataFrame:
    """Cells of the schools of one district, and the district."""
    numbers = {**schools, "L": sum(schools.values())}
    rows = [
        (table, year, "lea" if org == "L" else "school", org, None if org == "L" else "L", "all", "all", count)
        for org, count in numbers.items()
    ]
    words = ["org_level", "org_id", "parent_org_id", "disaggregate_type", "disaggregate_value"]
    schema = {"table_id": pl.String, "school_year": pl.Int64, **dict.fromkeys(words, pl.String)}
    cells = pl.DataFrame(rows, schema={**schema, "student_count": pl.Int64}, orient="row")
    return cells.with_columns(numerator=pl.lit(None, pl.Int64), denominator=pl.lit(None, pl.Int64))


def _term(statistic: str, coefficient: int, years: int = 0) -> dict:
    return {"statistic": f"{statistic}.student_count", "coefficient": coefficient, "years": years}


# October + arrivals - leavers = October of the next year.
FLOW = {
    "name": "flow",
    "terms": [_term("october", 1), _term("arrivals", 1), _term("leavers", -1), _term("october", -1, 1)],
    "equals": 0,
}
TABLES = dict.fromkeys(("october", "arrivals", "leavers"), COUNT)
FLOWING = make_policy(TABLES, links=[FLOW])


def _flow() -> pl.DataFrame:
    """Of all that is counted only the 4 who came to A are few."""
    arrivals, leavers = {"A": 4, "B": 30, "C": 25}, {"A": 12, "B": 20, "C": 11}
    later = {school: OCTOBER[school] + arrivals[school] - leavers[school] for school in OCTOBER}
    return pl.concat(
        [
            _count("october", 2025, OCTOBER),
            _count("october", 2026, later),
            _count("arrivals", 2025, arrivals),
            _count("leavers", 2025, leavers),
        ]
    )


def _hold(release, policy) -> bool:
    report = audit(release, policy)
    proof = check(release.cells, release.structure, report.certificates, policy, sensitive=release.sensitive)
    return report.passed and proof.passed


def _failures(report) -> set[tuple]:
    return set(report.failures.select("table_id", "school_year", "org_id", "problem").rows())


def test_a_number_that_two_years_of_a_table_tell_is_protected():
    release = protect(_flow(), FLOWING)
    assert _hold(release, FLOWING)
    # Of all that the link ties in A, one more number is withheld beside the few who came.
    school = release.reasons.filter(pl.col("org_id") == "A")
    assert school.height == 2
    assert "arrivals" in school["table_id"].to_list()


def test_without_the_link_the_same_number_is_exposed():
    release = protect(_flow(), FLOWING)
    apart = protect(_flow(), make_policy(TABLES))
    assert _hold(apart, make_policy(TABLES))
    naive = dataclasses.replace(release, cells=apart.cells)
    assert _failures(audit(naive, FLOWING)) == {("arrivals", 2025, "A", "exposed")}


def test_those_who_came_since_last_year_are_protected_though_nobody_counts_them():
    grown = {"A": 63, "B": 80, "C": 90}
    cells = pl.concat([_count("october", 2025, OCTOBER), _count("october", 2026, grown)])
    link = {"name": "newcomers", "terms": [_term("october", 1, 1), _term("october", -1)], "derived": {"threshold": 10}}
    policy = make_policy({"october": COUNT}, links=[link])
    release = protect(cells, policy)
    derived = release.sensitive.filter(pl.col("statistic") == "derived")
    assert derived.select("table_id", "school_year", "org_id").rows() == [("newcomers", 2025, "A")]
    assert _hold(release, policy)
    naive = dataclasses.replace(release, cells=protect(cells, make_policy({"october": COUNT})).cells)
    assert _failures(audit(naive, policy)) == {("newcomers", 2025, "A", "exposed")}


def test_a_total_of_two_years_ties_both():
    first, second = {"A": 7, "B": 8, "C": 40}, {"A": 30, "B": 50, "C": 60}
    both = {school: first[school] + second[school] for school in first}
    cells = pl.concat(
        [_count("expelled", 2025, first), _count("expelled", 2026, second), _count("of two years", 2026, both)]
    )
    terms = [_term("expelled", 1), _term("expelled", 1, 1), _term("of two years", -1, 1)]
    tables = dict.fromkeys(("expelled", "of two years"), COUNT)
    policy = make_policy(tables, links=[{"name": "total", "terms": terms, "equals": 0}])
    release = protect(cells, policy)
    assert _hold(release, policy)
    naive = dataclasses.replace(release, cells=protect(cells, make_policy(tables)).cells)
    assert _failures(audit(naive, policy)) == {("expelled", 2025, org, "exposed") for org in "AB"}


def test_a_cohort_is_no_more_than_it_was_a_year_before():
    # A has lost one of its 3 students by the second year, so that last year's few bound this year's.
    cells = pl.concat(
        [_count("cohort", 2025, {"A": 3, "B": 8, "C": 50}), _count("cohort", 2026, {"A": 2, "B": 8, "C": 40})]
    )
    link = {"name": "stayed", "terms": [_term("cohort", 1, 1), _term("cohort", -1)], "at_most": 0}
    policy = make_policy({"cohort": COUNT}, links=[link])
    release = protect(cells, policy)
    relations = release.structure.relations.filter(pl.col("kind") == "link")
    assert relations.select("low", "high").unique().rows() == [(None, 0)]
    assert _hold(release, policy)


def test_both_forms_of_a_link_say_the_same():
    mapping = {
        "name": "more",
        "terms": {"october.student_count": -1, "arrivals.student_count": 1},
        "years": {"october.student_count": 1},
        "at_most": 0,
    }
    listed = {"name": "more", "terms": [_term("october", -1, 1), _term("arrivals", 1)], "at_most": 0}
    one, other = (
        build_structure(check_cells(_flow(), policy), policy)[0]
        for policy in (make_policy(TABLES, links=[link]) for link in (mapping, listed))
    )
    assert one.relations.filter(pl.col("kind") == "link").height == 4
    assert_frame_equal(one.relations, other.relations)
    assert_frame_equal(one.terms, other.terms)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"terms": []}, "at least 1 item"),
        ({"terms": [_term("october", 0)]}, "must not be 0"),
        ({"terms": [_term("october", 1), _term("october", -1)]}, "the same statistic of the same year"),
        ({"terms": [_term("november", 1)]}, "is not a statistic"),
        ({"terms": [{"statistic": "october.student_count"}]}, "coefficient"),
        ({"terms": "october.student_count"}, "valid dictionary"),
        ({"years": {"october.student_count": 1}}, "gives its own years"),
    ],
)
def test_a_list_of_terms_that_means_nothing_is_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        make_policy(TABLES, links=[{**FLOW, **change}])


def test_a_wrong_term_is_named_by_its_place(tmp_path):
    content = FLOWING.model_dump_json().replace('"coefficient":-1', '"coefficient":"less"')
    (tmp_path / "policy.yml").write_text(content)
    with pytest.raises(PolicyError, match=r"links\.0\.terms\.list\.2\.coefficient: Input should be a valid integer"):
        load_policy(tmp_path / "policy.yml")


# ---------------------------------------------------------------------------------------------------- over time


def _release(cells: pl.DataFrame, policy: Policy) -> Release:
    return Release("public", "one", 1, protect(cells, policy).cells, check_cells(cells, policy))


def test_an_earlier_year_that_is_out_binds_the_next():
    before, after = _flow().filter(pl.col("school_year") == 2025), _flow().filter(pl.col("school_year") == 2026)
    first = _release(before, FLOWING)
    past = recall(after, FLOWING, [first], "public")
    apart = protect(after, FLOWING)  # by itself nothing of it is small
    assert apart.reasons.is_empty()
    assert _failures(audit_after(apart, past)) == {("arrivals", 2025, "A", "exposed")}
    release = protect_after(past)
    withheld = release.cells.filter(pl.col("student_count_status") == "withheld")
    assert "A" in withheld["org_id"].to_list()
    report = audit_after(release, past)
    assert report.passed
    assert check_after(release, past, report.certificates).passed


def test_a_derived_number_is_protected_where_the_earlier_year_was_shown_before():
    link = {"name": "newcomers", "terms": [_term("october", 1, 1), _term("october", -1)], "derived": {"threshold": 10}}
    policy = make_policy({"october": COUNT}, links=[link])
    before, after = _count("october", 2025, OCTOBER), _count("october", 2026, {"A": 63, "B": 80, "C": 90})
    first = _release(before, policy)
    assert first.published["student_count"].null_count() == 0  # it shows everything, for ever
    past = recall(after, policy, [first], "public")
    assert _failures(audit_after(protect(after, policy), past)) == {("newcomers", 2025, "A", "exposed")}
    release = protect_after(past)
    report = audit_after(release, past)
    assert report.passed
    assert check_after(release, past, report.certificates).passed


def _by_year(tables, policy) -> list[str]:
    return ["+".join(f"{table}.{year}" for table, year in part) for part in tie_tables(tables, policy)]


def test_years_of_a_table_that_are_linked_are_one_part():
    link = {"name": "newcomers", "terms": [_term("october", 1, 1), _term("october", -1)], "derived": {"threshold": 10}}
    policy = make_policy({"october": COUNT}, links=[link])
    years = [("october", year) for year in (2022, 2023, 2025, 2026)]
    assert _by_year(years, policy) == ["october.2022+october.2023", "october.2025+october.2026"]


def test_a_link_between_derived_numbers_ties_the_tables_behind_them():
    links = [
        {"name": f"more {name}", "terms": [_term(name, 1, 1), _term(name, -1)], "derived": {"threshold": 2}}
        for name in ("arrivals", "leavers")
    ]
    terms = [{"statistic": f"more {name}.derived", "coefficient": k} for name, k in (("arrivals", 1), ("leavers", -1))]
    tables = [("arrivals", 2025), ("arrivals", 2026), ("leavers", 2025), ("leavers", 2026)]
    assert len(tie_tables(tables, make_policy(TABLES, links=links))) == 2
    both = make_policy(TABLES, links=[*links, {"name": "both", "terms": terms, "at_most": 0}])
    assert len(tie_tables(tables, both)) == 1


def _solve(campaign: Campaign, release: str) -> list[str]:
    """Solves what is new and releases it; the names of the parts."""
    new = [part for part in list_parts(campaign) if part.is_new]
    for part in new:
        solve_part(campaign, part, None)
    conclude(campaign, release)
    return [part.name for part in new]


@pytest.mark.parametrize("again", [True, False], ids=["both years are released", "the first year is out already"])
def test_a_campaign_holds_linked_years_together(tmp_path, again):
    folders = [tmp_path / name for name in ("tables", "store", "public", "internal")]
    campaign = Campaign("public", *folders, FLOWING, b"secret")
    write_tables(_flow().filter(pl.col("school_year") == 2025), campaign.tables)
    assert _solve(campaign, "first") == ["arrivals.2025+leavers.2025+october.2025"]
    if not again:
        for path in campaign.tables.glob("*.parquet"):
            path.unlink()
    write_tables(_flow().filter(pl.col("school_year") == 2026), campaign.tables)
    (part,) = list_parts(campaign)
    assert part.tied == (() if again else (("arrivals", 2025), ("leavers", 2025), ("october", 2025)))
    _solve(campaign, "second")
    published = read_outcome(campaign, list_parts(campaign)[0])["published"]
    october = published.filter(pl.col("table_id") == "october", pl.col("school_year") == 2026, pl.col("org_id") == "A")
    assert october["student_count_status"].to_list() == ["withheld"]
    assert list_parts(campaign)[0].passed


def test_plain_files_are_held_against_their_other_years(tmp_path):
    (tmp_path / "policy.yml").write_text(FLOWING.model_dump_json())
    (tmp_path / "cells.yml").write_text("version: 1\n")
    for year in (2025, 2026):
        _flow().filter(pl.col("school_year") == year).write_csv(tmp_path / f"{year}.csv")
    out, policy = tmp_path / "release", tmp_path / "policy.yml"
    files = [tmp_path / "2025.csv", tmp_path / "2026.csv"]
    protected = protect_files(files, tmp_path / "cells.yml", policy, out)
    assert protected.reasons.filter(pl.col("org_id") == "A").height == 2
    assert audit_files(out, policy).passed
    evidence = out / "public/structure", out / "public/certificates"
    assert check_files(out / "public/cells.parquet", *evidence, policy).passed
    alone = protect(_flow(), make_policy(TABLES)).cells.select(protected.cells.columns)
    alone.sort(KEY).write_parquet(out / "public/cells.parquet")
    assert not audit_files(out, policy).passed
