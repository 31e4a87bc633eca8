"""An attack that starts from what an earlier one found: as strict as one that starts from nothing."""

import dataclasses
import functools

import polars as pl

from privacy import audit, check, load_policy, protect
from tests.unit.test_privacy_protect import make_cells

POLICY = load_policy()


@functools.cache
def _audited():
    release = protect(make_cells(6, 1), POLICY)
    return release, audit(release, POLICY).certificates


def _show(release, row: int):
    """The release with one withheld count shown."""
    cells = release.cells.with_row_index("n")
    hidden = cells.filter(pl.col("student_count_status") == "withheld", pl.col("table_id").str.contains("october"))
    here = pl.col("n") == hidden["n"][row]
    return dataclasses.replace(
        release,
        cells=cells.with_columns(
            student_count=pl.when(here).then(12).otherwise("student_count"),
            student_count_status=pl.when(here).then(pl.lit("shown")).otherwise("student_count_status"),
        ).drop("n"),
    )


def test_unchanged_tables_are_proved_again_by_what_was_found_before():
    release, earlier = _audited()
    report = audit(release, POLICY, earlier=earlier)
    assert report.passed
    assert report.certificates.claims.sort("quantity").equals(earlier.claims.sort("quantity"))
    assert check(release.cells, release.structure, report.certificates, POLICY, sensitive=release.sensitive).passed


def test_earlier_moves_that_no_longer_hold_prove_nothing():
    release, earlier = _audited()
    for row in range(4):
        opened = _show(release, row)
        fresh, again = audit(opened, POLICY), audit(opened, POLICY, earlier=earlier)
        assert again.failures.equals(fresh.failures)
        assert not again.passed


def test_certificates_of_something_else_prove_nothing_false():
    _release, earlier = _audited()
    other = protect(make_cells(7, 2), POLICY)
    report = audit(other, POLICY, earlier=earlier)
    assert report.passed
    assert check(other.cells, other.structure, report.certificates, POLICY, sensitive=other.sensitive).passed


def test_forged_certificates_prove_nothing():
    release, earlier = _audited()
    wild = dataclasses.replace(
        earlier,
        base=earlier.base.with_columns(pl.col("value") + 3),
        moves=earlier.moves.with_columns(pl.col("step") * 2 - 1),
    )
    report = audit(release, POLICY, earlier=wild)
    assert report.passed
    assert check(release.cells, release.structure, report.certificates, POLICY, sensitive=release.sensitive).passed


def _forget(earlier, change: int):
    """The certificates with every third number of the base as a guess, so much too high."""
    forgotten = pl.col("quantity") % 3 == 0
    guess = earlier.base.filter(forgotten).with_columns(pl.col("value") + change)
    return dataclasses.replace(earlier, base=earlier.base.filter(~forgotten), guess=guess)


def test_a_guess_that_fits_is_where_the_attack_starts():
    release, earlier = _audited()
    report = audit(release, POLICY, earlier=_forget(earlier, 0))
    assert report.passed
    assert report.certificates.base.sort("quantity").equals(earlier.base.sort("quantity"))


def test_a_guess_that_does_not_fit_is_not_believed():
    release, earlier = _audited()
    forged = _forget(earlier, 1)
    report = audit(release, POLICY, earlier=forged)
    assert report.passed
    assert check(release.cells, release.structure, report.certificates, POLICY, sensitive=release.sensitive).passed
    assert report.certificates.base.join(forged.guess, on=["quantity", "value"]).height < forged.guess.height
