"""A correction held against what it can reach: as strict as the whole, and a proof of the whole."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.disclosure_scale import correct, make_policy, make_schools, make_table
from privacy.certificates import FORMS, Certificates, no_certificates, read_certificates
from privacy.checker import check
from privacy.ledger import campaign as campaigns
from privacy.ledger import nearby
from privacy.ledger.campaign import Campaign, conclude, list_parts, solve, solve_part
from privacy.ledger.chain import Release
from privacy.ledger.cumulative import audit_after, protect_after, recall
from privacy.ledger.nearby import cut_releases, cut_rows, find_reaches
from privacy.ledger.outcomes import place_of, read_found, read_released, write_tables
from privacy.ledger.translation import Reach
from privacy.structure import CELL_COLUMNS, ROW, check_cells

POLICY = make_policy(1)
SCHOOLS = 120


def _campaign(folder: Path, policy=POLICY) -> Campaign:
    return Campaign(
        "public", folder / "tables", folder / "store", folder / "public", folder / "internal", policy, b"secret"
    )


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A campaign of one part after its first release."""
    campaign = _campaign(tmp_path_factory.mktemp("first"))
    write_tables(make_table(make_schools(SCHOOLS), 0, 0), campaign.tables)
    solve(campaign, processes=1)
    conclude(campaign, "first", date="2026-01-31")
    return campaign


@pytest.fixture
def released(first, tmp_path):
    """A copy of it, and the cells."""
    shutil.copytree(first.tables.parent, tmp_path, dirs_exist_ok=True)
    return _campaign(tmp_path), pl.read_parquet(first.tables / "indicator_0.2021.parquet")


@pytest.fixture
def ways(monkeypatch):
    """Whether each part that was solved was solved by what is near; the rows looked at besides."""
    taken, near = [], campaigns._solve_near

    def note(*given):
        solved = near(*given)
        taken.append(solved is not None)
        return solved

    monkeypatch.setattr(campaigns, "_solve_near", note)
    return taken


def _solve(campaign: Campaign):
    """Solves the one part in this process; the part."""
    (part,) = list_parts(campaign)
    solve_part(campaign, part, read_released(campaign)[part.name])
    return list_parts(campaign)[0]


def _remember(campaign: Campaign, cells: pl.DataFrame):
    """All that binds the cells now, of the whole part."""
    releases = campaign.ledger.read_history([("indicator_0", 2021)])
    return recall(check_cells(cells, campaign.policy), campaign.policy, releases, "public")


def _read(campaign: Campaign, part, name: str) -> pl.DataFrame:
    return pl.read_parquet(place_of(campaign, part.key) / f"{name}.parquet")


def _check_whole(campaign: Campaign, part, past):
    """What the checker says of the whole release by the certificates kept for the next one."""
    place = place_of(campaign, part.key)
    found = read_certificates(place / "certificates")
    now = _read(campaign, part, "quantities").join(
        past.own.structure.quantities.select(*ROW, now="quantity"), on=ROW, how="left"
    )
    assert now["now"].null_count() == 0
    now = now.select("quantity", "now").unique()
    named = {
        name: getattr(found, name).join(now, on="quantity").with_columns(quantity="now").drop("now")
        for name in ("base", "moves", "claims")
    }
    shown = past.own.publish(_read(campaign, part, "published"))
    return check(shown, past.own.structure, replace(found, **named), past.own.policy, sensitive=past.own.sensitive)


def test_corrections_one_after_the_other_leave_a_proof_of_the_whole(released, ways):
    campaign, cells = released
    for number, district in enumerate(["D0001", "D0002", "D0001"]):
        cells = correct(cells, district)
        write_tables(cells, campaign.tables)
        part = _solve(campaign)
        assert part.passed
        assert ways[-1]
        past = _remember(campaign, cells)
        checked = _check_whole(campaign, part, past)
        assert checked.passed, checked.faults
        assert checked.proven.height == part.proven
        # An attack on the whole that knows nothing of all that finds nothing either.
        whole = _publish(campaign, part, past)
        assert audit_after(whole, past).passed
        assert _read(campaign, part, "exact").equals(check_cells(cells, POLICY))
        assert _read(campaign, part, "published").select(ROW[:-1]).equals(past.cells.select(ROW[:-1]))
        conclude(campaign, f"correction-{number}")
    assert campaign.ledger.verify("public") is None


def _publish(campaign: Campaign, part, past):
    """The release as the audit takes it."""
    return replace(protect_after(past, secret=campaign.secret), cells=_read(campaign, part, "published"))


def test_other_rows_stay_as_they_were_released(released):
    campaign, cells = released
    before = campaign.ledger.read_history([("indicator_0", 2021)])[0].published
    corrected = correct(cells, "D0001")
    write_tables(corrected, campaign.tables)
    part = _solve(campaign)
    changed = pl.concat([cells.select(CELL_COLUMNS), corrected.select(CELL_COLUMNS)]).unique(keep="none")
    published = _read(campaign, part, "published")
    others = published.join(changed, on=ROW[:-1], how="anti")
    assert others.height > published.height / 2
    assert others.equals(before.join(changed, on=ROW[:-1], how="anti").select(others.columns))


def test_what_the_whole_attack_finds_the_near_one_finds(released):
    # Every withheld number near the correction shown by mistake, one at a time.
    campaign, cells = released
    write_tables(correct(cells, "D0001"), campaign.tables)
    part = _solve(campaign)
    cells = check_cells(pl.read_parquet(campaign.tables / "indicator_0.2021.parquet"), POLICY)
    releases = campaign.ledger.read_history([("indicator_0", 2021)])
    reach = next(find_reaches(cells, releases))
    whole, near = (
        _remember(campaign, cells),
        recall(cut_rows(cells, reach), POLICY, cut_releases(releases, reach), "public"),
    )
    earlier = read_found(campaign, read_released(campaign)[part.name])
    release = _publish(campaign, part, whole)
    hidden = cut_rows(release.cells, reach).filter(
        pl.col("numerator_status") == "withheld", pl.col("org_level") != "school"
    )
    dice, leaks = np.random.default_rng(1), 0
    for row in dice.choice(hidden.height, 8, replace=False):
        shown = hidden[[int(row)]].select(ROW[:-1]).join(cells, on=ROW[:-1]).select(*ROW[:-1], told="numerator")
        opened = (
            release.cells.join(shown, on=ROW[:-1], how="left", maintain_order="left")
            .with_columns(
                numerator=pl.coalesce("told", "numerator"),
                numerator_status=pl.when(pl.col("told").is_not_null())
                .then(pl.lit("shown"))
                .otherwise("numerator_status"),
            )
            .drop("told")
        )
        found = audit_after(replace(release, cells=opened), whole).passed
        here = replace(release, cells=cut_rows(opened, reach), sensitive=cut_rows(release.sensitive, reach))
        local = audit_after(here, near, earlier=replace(earlier, reach=reach))
        joined = local.passed and nearby.join_found(replace(earlier, reach=reach), near, local.certificates)
        assert found or not joined
        leaks += not found
    assert leaks > 3


@pytest.mark.parametrize(
    ("first", "last", "holds"), [(-3, 3, True), (-2, 3, True), (0, 3, True), (0, 2, False), (None, None, False)]
)
def test_what_was_claimed_of_the_rest_is_counted_again_where_a_move_goes_less_far(first, last, holds):
    # Number 7 moves by ones with move 0, 8 by ones with move 1, which reaches nothing near and stays as it was.
    rest = Certificates(
        base=pl.DataFrame({"quantity": [7, 8], "value": [20, 20]}),
        moves=pl.DataFrame({"move": [0, 0, 1], "quantity": [7, 8, 8], "step": [1, 2, 1]}),
        spans=pl.DataFrame({"move": [0, 1], "first": [-3, -2], "last": [3, 1]}),
        claims=pl.DataFrame({"quantity": [7, 8], "required": [4, 4]}),
        leaks=no_certificates().leaks,
    )
    left = {"move": [0, 1], "first": [first, -2], "last": [last, 1]}
    held = pl.DataFrame(left, schema=FORMS["spans"]).drop_nulls()
    assert nearby._holds_on(rest, held, 4) is holds
    alone = replace(rest, claims=rest.claims.filter(pl.col("quantity") == 8))
    assert nearby._holds_on(alone, held, 4)


def test_where_the_near_is_not_enough_the_whole_is_solved(released, ways, monkeypatch):
    campaign, cells = released
    monkeypatch.setattr(campaigns, "join_found", lambda *given: None)
    write_tables(correct(cells, "D0001"), campaign.tables)
    part = _solve(campaign)
    assert part.passed
    assert ways == [False]
    assert _read(campaign, part, "attacked")["checked"].sum() > 500


@pytest.mark.parametrize("what", ["nothing", "policy", "code", "lost", "forged"])
def test_what_was_found_under_other_rules_is_not_relied_upon(released, what, monkeypatch):
    campaign, cells = released
    (folder,) = (campaign.store / "parts").iterdir()
    if what == "policy":
        rules = POLICY.model_dump(mode="json")
        campaign = replace(campaign, policy=type(POLICY).model_validate({**rules, "name": "another"}))
    if what == "code":
        monkeypatch.setattr(campaigns, "read_code", lambda: "another")
    if what == "lost":
        monkeypatch.setattr(campaigns, "seal_files", lambda *given: "the same")
        outcome = json.loads((folder / "outcome.json").read_text())
        (folder / "outcome.json").write_text(json.dumps({**outcome, "seal": "the same"}))
        lost = pl.read_parquet(folder / "failures.parquet").select(*ROW, "problem")
        row = {name: 2021 if name == "school_year" else "x" for name in lost.columns}
        pl.concat([lost, pl.DataFrame([row], schema=lost.schema)]).write_parquet(folder / "lost.parquet")
    if what == "forged":
        spans = folder / "certificates/spans.parquet"
        pl.read_parquet(spans).with_columns(pl.col("last") + 1).write_parquet(spans)
    write_tables(correct(cells, "D0001"), campaign.tables)
    (part,) = list_parts(campaign)
    last, releases = read_released(campaign)[part.name], campaign.ledger.read_history(part.tables)
    assert campaigns._may_stay_near(campaign, part, last, releases) is (what == "nothing")


def test_a_ledger_that_is_gone_while_outcomes_are_not_is_begun_anew(released, ways):
    campaign, cells = released
    shutil.rmtree(campaign.public)
    shutil.rmtree(campaign.internal)
    write_tables(correct(cells, "D0001"), campaign.tables)
    assert _solve(campaign).passed
    assert ways == []


def test_a_change_nearly_everywhere_is_solved_whole(released):
    campaign, cells = released
    releases = campaign.ledger.read_history([("indicator_0", 2021)])
    for district in sorted(cells.filter(pl.col("org_level") == "lea")["org_id"].unique()):
        cells = correct(cells, district)
    assert list(find_reaches(check_cells(cells, POLICY), releases)) == []


def test_the_reach_of_a_change_is_its_sums():
    rows = [
        ("ST", "state", None), ("R1", "region", "ST"), ("R2", "region", "ST"),
        *[(f"D{n}", "lea", f"R{1 + n // 4}") for n in range(8)],
        *[(f"S{n}{k}", "school", f"D{n}") for n in range(8) for k in range(3)],
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=["org_id", "org_level", "parent_org_id"], orient="row")
    cells = frame.with_columns(
        table_id=pl.lit("t"), school_year=pl.lit(2021, pl.Int64), disaggregate_type=pl.lit("all"),
        disaggregate_value=pl.lit("all"), student_count=pl.lit(20), numerator=pl.lit(9), denominator=pl.lit(20),
    )  # fmt: skip
    before = [Release("public", "first", 1, cells, cells)]

    def touch(*orgs):
        here = pl.col("org_id").is_in(orgs)
        return cells.with_columns(numerator=pl.when(here).then(8).otherwise("numerator"))

    def reach(*orgs):
        return next(find_reaches(touch(*orgs), before), None)

    assert reach() is None
    assert reach("S00") == Reach(
        frozenset({"S00", "S01", "S02", "D0"}), frozenset({"D0"})
    )  # D0's region is not at hand
    two = reach("S00", "D0")
    assert two.near == {"S00", "S01", "S02", "D0", "D1", "D2", "D3", "R1"}
    assert two.bound == {"D1", "D2", "D3", "R1"}
    # By way of the district its region's districts come in; what all that reaches is more than a third.
    assert [len(one.near) for one in find_reaches(touch("S00"), before)] == [4, 8]
    assert reach("S00", "D0", "R1", "ST").near == two.near | {"R2", "ST"}
    assert reach("S00", "S40") is not None
    assert reach(*(f"S{n}0" for n in range(4))) is None
