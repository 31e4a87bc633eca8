"""The auditor and the engine against brute force over every whole table there is."""

import itertools
from unittest import mock

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacy import audit, audit_system, load_policy, protect

POLICY = load_policy()
SETTINGS = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
MOST = 5  # the largest value a reader of the small systems thinks possible


@st.composite
def small_tables(draw):
    """A two-way table with its margins: true values, sums, which values are published, what must stay open."""
    rows, columns = draw(st.sampled_from([(2, 2), (2, 3), (3, 2)]))
    inner = np.array(draw(st.lists(st.integers(0, MOST), min_size=rows * columns, max_size=rows * columns)))
    inner = inner.reshape(rows, columns)
    table = np.zeros((rows + 1, columns + 1), dtype=np.int64)
    table[:rows, :columns] = inner
    table[rows] = table[:rows].sum(axis=0)
    table[:, columns] = table[:, :columns].sum(axis=1)
    published = np.array(draw(st.lists(st.booleans(), min_size=table.size, max_size=table.size)))
    return table, published.reshape(table.shape), draw(st.integers(0, 1)), draw(st.integers(2, 4))


def _sums(shape):
    place = np.arange(np.prod(shape)).reshape(shape)
    return [*(line.tolist() for line in place), *(line.tolist() for line in place.T)]


def _possible_values(table, published, floor):
    """By brute force: for every cell the values it takes in a table that agrees with everything published."""
    rows, columns = table.shape[0] - 1, table.shape[1] - 1
    choices = [
        [int(table[r, c])] if published[r, c] else range(floor, MOST + 1) for r in range(rows) for c in range(columns)
    ]
    inner = np.array(list(itertools.product(*choices)), dtype=np.int64).reshape(-1, rows, columns)
    full = np.zeros((len(inner), rows + 1, columns + 1), dtype=np.int64)
    full[:, :rows, :columns] = inner
    full[:, rows] = full[:, :rows].sum(axis=1)
    full[:, :, columns] = full[:, :, :columns].sum(axis=2)
    fits = ((full == table) | ~published).all(axis=(1, 2)) & ((full >= floor) | published).all(axis=(1, 2))
    return [set(full[fits][:, r, c].tolist()) for r, c in np.ndindex(table.shape)]


@SETTINGS
@given(small_tables())
def test_the_auditor_calls_safe_exactly_what_brute_force_finds_open(case):
    table, published, zeros_shown, required = case
    # A reader who knows zeros are shown never meets a withheld zero.
    published |= (table == 0) & (zeros_shown == 1)
    flat, shown = table.ravel(), published.ravel()
    quantities = pl.DataFrame(
        {
            "quantity": range(len(flat)),
            "low": [zeros_shown] * len(flat),
            "high": [
                MOST if r < table.shape[0] - 1 and c < table.shape[1] - 1 else None for r, c in np.ndindex(table.shape)
            ],
            "published": [int(v) if s else None for v, s in zip(flat, shown, strict=True)],
        },
        schema=dict.fromkeys(["quantity", "low", "high", "published"], pl.Int64),
    )
    sums = _sums(table.shape)
    relations = pl.DataFrame({"relation": range(len(sums)), "low": [0] * len(sums), "high": [0] * len(sums)})
    terms = pl.DataFrame(
        [(i, q, -1 if q == line[-1] else 1) for i, line in enumerate(sums) for q in line],
        schema=["relation", "quantity", "coefficient"],
        orient="row",
    )
    asked = pl.DataFrame({"quantity": range(len(flat)), "required": [required] * len(flat), "width": [0.0] * len(flat)})
    verdicts, wrong = audit_system(quantities, relations, terms, asked)
    truth = _possible_values(table, published, zeros_shown)
    assert not len(wrong)
    for row in verdicts.iter_rows(named=True):
        expected = "safe" if len(truth[row["quantity"]]) >= required else "exposed"
        assert row["verdict"] == expected
        if expected == "exposed":
            assert row["lowest"] <= min(truth[row["quantity"]]) <= max(truth[row["quantity"]]) <= row["highest"]
    assert verdicts.height == int((~shown).sum())


def _cell(table, level, org, parent, value, count, numerator=None):
    return {
        "table_id": table,
        "school_year": 2026,
        "org_level": level,
        "org_id": org,
        "parent_org_id": parent,
        "disaggregate_type": "all" if value == "all" else "sex",
        "disaggregate_value": value,
        "student_count": count,
        "numerator": numerator,
        "denominator": None if numerator is None else count,
    }


def _frame(rows):
    schema = {
        "school_year": pl.Int64,
        "parent_org_id": pl.String,
        "student_count": pl.Int64,
        "numerator": pl.Int64,
        "denominator": pl.Int64,
    }
    return pl.DataFrame(rows, schema_overrides=schema)


def _worlds(width):
    return np.array(np.meshgrid(*[np.arange(width)] * 4, indexing="ij")).reshape(4, -1).T


def _check_by_brute_force(release, columns, floors):
    """Every sensitive quantity takes enough values over the worlds (columns: key -> values) that fit the release."""
    published = {}
    for row in release.cells.iter_rows(named=True):
        base = (row["org_id"], row["disaggregate_value"])
        published[(*base, "student_count")] = row["student_count"]
        if row["table_id"] != "ind_membership_october_1":
            published[(*base, "denominator")], published[(*base, "numerator")] = row["denominator"], row["numerator"]
    fits = np.ones(len(next(iter(columns.values()))), dtype=bool)
    for key, values in columns.items():
        if published.get(key) is not None:
            fits &= values == published[key]
        elif key in published:
            fits &= values >= floors[key[2]]
    assert fits.any()
    for row in release.sensitive.iter_rows(named=True):
        values = columns[(row["org_id"], row["disaggregate_value"], row["statistic"])]
        assert len(np.unique(values[fits])) >= POLICY.required_candidates


@SETTINGS
@given(st.lists(st.integers(0, 14), min_size=4, max_size=4))
def test_brute_force_cannot_narrow_any_small_count_of_two_schools(inner):
    worlds, truth = _worlds(24), dict(zip(["A.F", "A.M", "B.F", "B.M"], inner, strict=True))
    rows, columns = [], {}
    orgs = {"A": ("school", "L", "A"), "B": ("school", "L", "B"), "L": ("lea", "ST", "AB"), "ST": ("state", None, "AB")}
    for org, (level, parent, schools) in orgs.items():
        for value, sexes in (("all", "FM"), ("F", "F"), ("M", "M")):
            members = [i for i, name in enumerate(truth) if name[0] in schools and name[2] in sexes]
            rows.append(_cell("ind_membership_october_1", level, org, parent, value, sum(inner[i] for i in members)))
            columns[(org, value, "student_count")] = worlds[:, members].sum(axis=1)
    release = protect(_frame(rows), POLICY)
    _check_by_brute_force(release, columns, {"student_count": 1})
    assert audit(release, POLICY).passed


@SETTINGS
@given(st.lists(st.integers(0, 24), min_size=4, max_size=4))
def test_brute_force_cannot_narrow_any_small_outcome(inner):
    """inner: girls absent, girls not, boys absent, boys not."""
    worlds, rows, columns = _worlds(32), [], {}
    for value, absent, there in (("all", [0, 2], [1, 3]), ("F", [0], [1]), ("M", [2], [3])):
        numerator, complement = sum(inner[i] for i in absent), sum(inner[i] for i in there)
        rows.append(_cell("ind_chronic_absenteeism", "state", "ST", None, value, numerator + complement, numerator))
        columns[("ST", value, "numerator")] = worlds[:, absent].sum(axis=1)
        columns[("ST", value, "complement")] = worlds[:, there].sum(axis=1)
        columns[("ST", value, "denominator")] = (
            worlds.sum(axis=1) if value == "all" else worlds[:, [*absent, *there]].sum(axis=1)
        )
    release = protect(_frame(rows), POLICY)
    _check_by_brute_force(release, columns, {"student_count": 1, "denominator": 1, "numerator": 0, "complement": 0})
    assert audit(release, POLICY).passed


@st.composite
def small_systems(draw):
    """Up to four unknowns with bounds, one or two relations that are ranges, and what must stay open.

    A relation is a sum with small coefficients or a rounded percentage of two unknowns, with large ones.
    """
    n = draw(st.integers(2, 4))
    low = [draw(st.integers(0, 2)) for _ in range(n)]
    high = [draw(st.integers(one, 9)) for one in low]
    truth = [draw(st.integers(a, b)) for a, b in zip(low, high, strict=True)]
    relations = []
    for _ in range(draw(st.integers(1, 2))):
        if draw(st.booleans()):
            part, whole = draw(st.permutations(range(n)))[:2]
            percent, half = draw(st.integers(0, 1000)) * 100, draw(st.sampled_from([500, 5000, 50_000]))
            scale = [0] * n
            scale[part] = 100_000
            relations.append(([-(percent + half) if i == whole else c for i, c in enumerate(scale)], None, 0))
            relations.append(([-(percent - half) if i == whole else c for i, c in enumerate(scale)], 0, None))
        else:
            terms = [draw(st.integers(-2, 2)) for _ in range(n)]
            value = sum(c * x for c, x in zip(terms, truth, strict=True))
            relations.append((terms, value - draw(st.integers(0, 2)), value + draw(st.integers(0, 2))))
    return low, high, relations, draw(st.integers(2, 4))


@settings(parent=SETTINGS, max_examples=60)
@given(small_systems())
def test_the_auditor_is_right_both_ways_about_ranges_bounds_and_percentages(case):
    _hold_against_brute_force(case)


@settings(parent=SETTINGS, max_examples=60)
@given(small_systems())
def test_the_auditor_is_right_both_ways_where_it_looks_at_a_few_groups_at_a_time(case):
    # As in systems of thousands: a group an unknown, first each, then two and three of them over whole numbers.
    with mock.patch.multiple("privacy.attack.numeric", CHUNK=1, WIDER=(2, 3), MANY=0, DENSE=0):
        _hold_against_brute_force(case)


def _hold_against_brute_force(case):
    """The auditor calls safe what really keeps enough values, exposed what does not, and finds what cannot be."""
    low, high, relations, required = case
    n = len(low)
    worlds = np.array(list(itertools.product(*(range(a, b + 1) for a, b in zip(low, high, strict=True)))))
    for terms, least, most in relations:
        sums = worlds @ np.array(terms)
        fits = (sums >= (least if least is not None else sums)) & (sums <= (most if most is not None else sums))
        worlds, sums = worlds[fits], sums[fits]
    whole = dict.fromkeys(["low", "high", "published"], pl.Int64)
    quantities = pl.DataFrame(
        {"quantity": range(n), "low": low, "high": high, "published": [None] * n, "group": range(n)},
        schema_overrides=whole,
    )
    bounds = pl.DataFrame(
        {"relation": range(len(relations)), "low": [r[1] for r in relations], "high": [r[2] for r in relations]},
        schema_overrides={"low": pl.Int64, "high": pl.Int64},
    )
    entries = [(r, q, c) for r, (terms, *_) in enumerate(relations) for q, c in enumerate(terms) if c]
    entries = pl.DataFrame(
        entries, schema=dict.fromkeys(["relation", "quantity", "coefficient"], pl.Int64), orient="row"
    )
    asked = pl.DataFrame({"quantity": range(n), "required": [required] * n, "width": [0.0] * n})
    verdicts, wrong = audit_system(quantities, bounds, entries, asked)
    for row in verdicts.iter_rows(named=True):
        values = np.unique(worlds[:, row["quantity"]])
        if len(worlds):
            assert row["verdict"] == ("safe" if len(values) >= required else "exposed")
            if row["verdict"] == "exposed":
                assert row["lowest"] <= values.min() <= values.max() <= row["highest"]
        elif any(relations[r][0][row["quantity"]] for r in wrong):
            assert row["verdict"] == "unproved"
    assert (len(worlds) > 0) == (len(wrong) == 0)
