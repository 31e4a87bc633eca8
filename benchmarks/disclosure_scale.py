"""A whole state's tables through the ledger: CPU and wall seconds, memory, resumption, and a curve against size.

Usage: python benchmarks/disclosure_scale.py FOLDER [--schools 1800] [--indicators 6] [--years 6] [--processes 2]

The tables are invented (seeded): schools in a sixth as many districts and ten regions, rates of the 12 groups reports
show (seven races, two sexes, English learners, students with disabilities, poor students), the rest of the last three
and all students, so 16 rows per organisation. A cell is a number of a row that can be published or withheld: numerator,
denominator, complement. FOLDER keeps what was solved: a second run goes on where the first was stopped.
"""

import argparse
import resource
import time
from pathlib import Path

import numpy as np
import polars as pl

from privacy.ledger.campaign import Campaign, conclude, solve
from privacy.policy import Policy, load_policy
from privacy.release import Progress
from privacy.structure import KEY

RACES = {"AM": 0.01, "AS": 0.05, "BL": 0.15, "HI": 0.2, "MU": 0.05, "PI": 0.005, "WH": 0.535}
PAIRS = {"sex": ("F", "M", 0.49), "el": ("EL", "nEL", 0.1), "swd": ("SWD", "nSWD", 0.15), "ecd": ("ECD", "nECD", 0.45)}
RATES = (0.2, 0.06, 0.87, 0.55, 0.5, 0.3)  # of students, by indicator
COVERED = (1, 0.98, 0.7, 0.6, 0.58, 0.95)  # part of a school's students the indicator is about
REGIONS, FIRST_YEAR = 10, 2021


def make_policy(indicators: int) -> Policy:
    """The careful default, with as many rates as asked for."""
    content = load_policy().model_dump(mode="json")
    rate = content["tables"]["ind_chronic_absenteeism"]
    return Policy.model_validate({**content, "tables": {f"indicator_{n}": rate for n in range(indicators)}})


def make_schools(schools: int, seed: int = 1) -> pl.DataFrame:
    """One row per school: school, district, region, students. Most districts have one to three schools, some many."""
    dice = np.random.default_rng(seed)
    districts = max(schools // 6, 1)
    share = 1 / np.arange(1, districts + 1) ** 0.9
    extra = dice.multinomial(schools - districts, share / share.sum()) if schools > districts else 0
    district = np.repeat(np.arange(districts), 1 + extra)
    small = dice.random(districts) < 0.15
    size = np.exp(dice.normal(np.where(small[district], 4.2, 5.9), 0.45)).astype(int) + 12
    region = dice.integers(0, min(REGIONS, districts), districts)
    return pl.DataFrame({"school": np.arange(schools), "district": district, "region": region[district], "size": size})


def make_groups(schools: pl.DataFrame, indicator: int, year: int) -> dict[tuple[str, str], np.ndarray]:
    """Students per school an indicator is about in a year, by disaggregate type and value; types add up to all."""
    dice = np.random.default_rng([2, indicator, year])
    district, count = schools["district"].to_numpy(), schools.height
    part = COVERED[indicator % len(COVERED)] * dice.normal(1, 0.04, count)
    everyone = np.maximum((schools["size"].to_numpy() * part).astype(int), 5)
    fixed = np.random.default_rng(3)
    mix = fixed.dirichlet(np.array(list(RACES.values())) * 12, int(district.max()) + 1)[district]
    races = dice.multinomial(everyone, mix)
    groups = {("all", "all"): everyone, **{("race", race): races[:, n] for n, race in enumerate(RACES)}}
    for kind, (one, other, part) in PAIRS.items():
        spread = 200 if kind == "sex" else 4
        local = fixed.beta(part * spread, (1 - part) * spread, int(district.max()) + 1)[district]
        members = dice.binomial(everyone, local)
        groups |= {(kind, one): members, (kind, other): everyone - members}
    return groups


def make_outcomes(groups: dict[tuple[str, str], np.ndarray], rate: float, seed: list[int]) -> dict:
    """How many of every group: a number for the school, dealt out at random within each type."""
    dice = np.random.default_rng(seed)
    everyone = groups["all", "all"]
    total = dice.binomial(everyone, dice.beta(rate * 25, (1 - rate) * 25, len(everyone)))
    outcomes = {("all", "all"): total}
    for kind in dict.fromkeys(kind for kind, _ in groups if kind != "all"):
        left, people = total.copy(), everyone.copy()
        for group in [one for one in groups if one[0] == kind]:
            outcomes[group] = dice.hypergeometric(groups[group], people - groups[group], left)
            left, people = left - outcomes[group], people - groups[group]
    return outcomes


def make_table(schools: pl.DataFrame, indicator: int, year: int) -> pl.DataFrame:
    """The cells of one indicator and year, for schools, districts, regions and the state."""
    groups = make_groups(schools, indicator, year)
    outcomes = make_outcomes(groups, RATES[indicator % len(RATES)], [4, indicator, year])
    frames = [
        schools.select(
            school=pl.format("S{}", pl.col("school").cast(pl.String).str.zfill(5)),
            district=pl.format("D{}", pl.col("district").cast(pl.String).str.zfill(4)),
            region=pl.format("R{}", "region"),
            state=pl.lit("ST"),
            disaggregate_type=pl.lit(kind),
            disaggregate_value=pl.lit(value),
            denominator=pl.Series(counts, dtype=pl.Int64),
            numerator=pl.Series(outcomes[kind, value], dtype=pl.Int64),
        )
        for (kind, value), counts in groups.items()
    ]
    return sum_up(pl.concat(frames)).with_columns(
        table_id=pl.lit(f"indicator_{indicator}"), school_year=pl.lit(FIRST_YEAR + year, pl.Int64)
    )


def sum_up(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of schools and their sums for all above them."""
    group, parts = ["disaggregate_type", "disaggregate_value"], []
    for level, org, parent in (
        ("school", "school", "district"),
        ("lea", "district", "region"),
        ("region", "region", "state"),
        ("state", "state", None),
    ):
        above = pl.col(parent).first() if parent else pl.lit(None, pl.String)
        sums = rows.group_by(pl.col(org).alias("org_id"), *group).agg(
            pl.col("denominator", "numerator").sum(), parent_org_id=above
        )
        parts.append(sums.with_columns(org_level=pl.lit(level)))
    return pl.concat(parts).with_columns(student_count="denominator")


def correct(cells: pl.DataFrame, district: str, students: int = 3) -> pl.DataFrame:
    """The same after a district found that some students of one of its schools had been left out of the outcome.

    The groups concerned, and all above the school, change with it.
    """
    here = (pl.col("org_level") == "school") & (pl.col("parent_org_id") == district)
    whole = cells.filter(here, pl.col("disaggregate_type") == "all").sort(
        pl.col("denominator") - pl.col("numerator"), "org_id"
    )
    school = whole["org_id"][-1]
    rows = cells.filter(pl.col("org_id") == school)
    room = rows.with_columns(room=pl.col("denominator") - pl.col("numerator")).sort("room", "disaggregate_value")
    groups = room.group_by("disaggregate_type", maintain_order=True).last()
    groups = groups.select("disaggregate_type", "disaggregate_value", more=pl.min_horizontal("room", pl.lit(students)))
    above = cells.filter(pl.col("org_id") == district)["parent_org_id"].unique().to_list()
    chain = [school, district, *above, "ST"]
    cells = cells.join(groups, on=["disaggregate_type", "disaggregate_value"], how="left")
    more = pl.when(pl.col("org_id").is_in(chain)).then(pl.col("more").fill_null(0)).otherwise(0)
    return cells.with_columns(numerator=pl.col("numerator") + more).drop("more")


def put_table(cells: pl.DataFrame, folder: Path) -> None:
    """Writes one table of one year, and leaves the others as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    table, year = cells.select("table_id", "school_year").row(0)
    cells.sort(KEY).write_parquet(folder / f"{table}.{year}.parquet")


def open_campaign(folder: Path, indicators: int) -> Campaign:
    """The campaign of a folder, for the public."""
    places = {name: folder / name for name in ("tables", "store", "public", "internal")}
    return Campaign("public", **places, policy=make_policy(indicators), secret=b"a benchmark keeps no secret")


def use_processors() -> float:
    """CPU seconds of this process and those it waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def tell(start: float) -> Progress:
    """Prints how far it is, and the wall seconds since the start."""

    def report(stage: str, done: int, total: int) -> None:
        print(f"{time.perf_counter() - start:8.1f} s  {stage} {done} of {total}", flush=True)

    return report


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("folder", type=Path)
    for name, default in (("schools", 1800), ("indicators", 6), ("years", 6), ("processes", 2)):
        options.add_argument(f"--{name}", type=int, default=default)
    chosen = options.parse_args()
    campaign = open_campaign(chosen.folder, chosen.indicators)
    if not campaign.tables.exists():
        schools = make_schools(chosen.schools)
        for indicator in range(chosen.indicators):
            for year in range(chosen.years):
                put_table(make_table(schools, indicator, year), campaign.tables)
    start, used = time.perf_counter(), use_processors()
    parts = solve(campaign, processes=chosen.processes, progress=tell(start))
    entry = conclude(campaign, "first") if any(part.is_new for part in parts) else None
    cells = 3 * pl.scan_parquet(campaign.tables / "*.parquet").select(pl.len()).collect().item()
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 2**20
    print(f"{cells} cells in {len(parts)} parts, {sum(bool(part.passed) for part in parts)} passed")
    wall, cpu = time.perf_counter() - start, use_processors() - used
    print(f"{wall:.1f} s wall, {cpu:.1f} CPU s, {peak:.2f} GB in the largest process")
    print(f"in the ledger: {entry.hash if entry else 'nothing new'}")


if __name__ == "__main__":
    main()
