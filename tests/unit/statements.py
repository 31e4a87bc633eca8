"""Small made-up states for the tests of what a policy can state: students in, cells out, a policy in a few words."""

import dataclasses
import itertools
import random

import polars as pl

from privacy import Policy, load_policy

TABLE = "enrolment"
NUMBERS = {name: pl.Int64 for name in ("school_year", "student_count", "numerator", "denominator")}


def make_students(counts: dict[str, int], schools=("A", "B"), seed: int = 1, **dimensions) -> list[dict]:
    """Students of schools (school -> number); each gets a value of every dimension (name -> {value: weight})."""
    dice = random.Random(seed)
    return [
        {"school": school}
        | {name: dice.choices(list(values), list(values.values()))[0] for name, values in dimensions.items()}
        for school, number in counts.items()
        for _ in range(number)
    ]


def tabulate(students, types, *, table=TABLE, outcome=None, year=2026, leas=None, bands=None) -> pl.DataFrame:
    """Cells of schools, their districts (leas: school -> district, else one) and the state, empty groups included.

    types: "all", "sex", "race x sex" …; outcome: the dimension whose value "yes" is the numerator; bands: further
    dimensions, name -> {group: values}, over the dimension given as (name, of) keys.
    """
    leas = leas or {student["school"]: "L" for student in students}
    for (name, of), groups in (bands or {}).items():
        students = [s | {name: {g for g, values in groups.items() if s[of] in values}} for s in students]
    orgs = [("state", "ST", None, set(leas))]
    orgs += [("lea", lea, "ST", {s for s in leas if leas[s] == lea}) for lea in sorted(set(leas.values()))]
    orgs += [("school", school, lea, {school}) for school, lea in sorted(leas.items())]
    domains = {
        name: sorted(set().union(*(_values(student, name) for student in students)))
        for name in {part for kind in types if kind != "all" for part in kind.split(" x ")}
    }
    rows = []
    for level, org, parent, schools in orgs:
        here = [student for student in students if student["school"] in schools]
        for kind in types:
            names = [] if kind == "all" else kind.split(" x ")
            for values in itertools.product(*(domains[name] for name in names)):
                group = [s for s in here if all(v in _values(s, n) for n, v in zip(names, values, strict=True))]
                yes = None if outcome is None else sum(s[outcome] == "yes" for s in group)
                value = " x ".join(values) or "all"
                size = None if outcome is None else len(group)
                rows.append((table, year, level, org, parent, kind, value, len(group), yes, size))
    columns = ["table_id", "school_year", "org_level", "org_id", "parent_org_id"]
    columns += ["disaggregate_type", "disaggregate_value", "student_count", "numerator", "denominator"]
    return pl.DataFrame(rows, schema={name: NUMBERS.get(name, pl.String) for name in columns}, orient="row")


def _values(student: dict, name: str) -> set[str]:
    value = student[name]
    return value if isinstance(value, set) else {value}


def make_policy(tables: dict | None = None, **fields) -> Policy:
    """The default policy with other tables (default: one count with threshold 10) and fields."""
    default = load_policy().model_dump()
    tables = tables or {TABLE: {"kind": "count", "thresholds": {"persons": 10}}}
    return Policy.model_validate(default | {"name": "test", "tables": tables, "same_as": []} | fields)


def read(release, org, value, table=TABLE, statistic="student_count", year=2026):
    """What a release shows of one cell: the number, or None."""
    place = {"table_id": table, "org_id": org, "disaggregate_value": value, "school_year": year}
    return release.cells.filter(*[pl.col(name) == wanted for name, wanted in place.items()])[statistic].item()


def put_back(release, cells: pl.DataFrame, chosen: pl.Expr, statistic="student_count"):
    """The release with some withheld values published after all."""
    key = ["table_id", "school_year", "org_id", "disaggregate_type", "disaggregate_value"]
    joined = release.cells.join(cells.select(*key, true=statistic), on=key, how="left", maintain_order="left")
    changed = joined.with_columns(
        pl.when(chosen).then("true").otherwise(statistic).alias(statistic),
        pl.when(chosen).then(pl.lit("shown")).otherwise(f"{statistic}_status").alias(f"{statistic}_status"),
    )
    return dataclasses.replace(release, cells=changed.select(release.cells.columns))
