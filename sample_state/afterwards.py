"""What the state learns from others: its tests, financial aid, college, degrees, prices, and wages, year by year.

A class that has left goes its way by chances that hang on ability and need: some go to college the next fall, some of
these come back each year, some earn a degree; and most work, for wages that grow. A way is drawn once per class, so
that a year's files continue those of the year before.
"""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from sample_state.achievement import (
    ALTERNATE_LEVELS,
    BENCHMARK_LEVELS,
    DOMAINS,
    ELP_LEVELS,
    ELP_SCORE_TYPE,
    KRA_LEVELS,
    PROFICIENT_ELP,
)
from sample_state.codes import EXIT_DROPPED_OUT, EXIT_GRADUATED, EXIT_NO_DIPLOMA, GRADE_CODES, RECORD_COLUMNS
from sample_state.district_year import DistrictYear
from sample_state.learning import PERFORMANCE_LEVELS, SCORE_TYPE, TESTS
from sample_state.randomness import stream

# Institution (id, name, CEDS level, control, state), months of its programs, net price of a year in 2022.
_INSTITUTIONS = (
    ("100001", "Example State University", "FourYear", "Public", "NE", 48, 15200),
    ("100002", "Platte Community College", "TwoToFour", "Public", "NE", 24, 7900),
    ("100003", "Prairie College", "FourYear", "PrivateNFP", "NE", 48, 21400),
    ("100004", "Career Institute", "LessThanTwo", "PrivateFP", "NE", 12, 17600),
    ("100005", "University of Elsewhere", "FourYear", "Public", "CO", 48, 24800),
)
_CHANCES = np.array([0.34, 0.40, 0.10, 0.05, 0.11])
_AWARDS = {48: "05", 24: "03", 12: "01"}
_EMPLOYERS = 40
_NAICS = ("722511", "445110", "622110", "236115", "484110", "561320")


@dataclass
class Leavers:
    """Everyone who finished or left high school, by school year, and the seniors of the year at hand.

    One row per person of a year: person, student_id, ssn, ability, need, exit_type (null for who goes on).
    """

    by_year: dict[int, pl.DataFrame] = field(default_factory=dict)

    def add(self, year: DistrictYear) -> None:
        """Take in a district's year."""
        last = year.spells.unique("person", keep="last", maintain_order=True)
        ends = pl.col("exit_type").is_in([EXIT_GRADUATED, EXIT_NO_DIPLOMA, EXIT_DROPPED_OUT])
        found = last.filter(ends | (pl.col("grade") >= 11)).select("person", "student_id", "grade", "exit_type")
        person = found["person"].to_numpy()
        ssn = year.people.persons["other_ids"].gather(person).str.extract(r"SSN:([^|]*)")
        found = found.with_columns(ssn=ssn, ability=pl.Series(year.people.ability[person]),
                                   need=pl.Series(year.people.need[person]))
        before = self.by_year.get(year.school_year)
        both = found if before is None else pl.concat([before, found])
        # Who changed district is in both; the one they ended in is added with the later district or says nothing more.
        self.by_year[year.school_year] = both.sort("person", pl.col("exit_type").is_null()).unique(
            "person", keep="first", maintain_order=True)


def make_state_tables(seed: int, school_year: int, leavers: Leavers) -> dict[str, pl.DataFrame]:
    """Return record type → table of what the state agency and its partners know of a school year."""
    classes = {left: _go_ways(seed, left, people) for left, people in leavers.by_year.items() if left <= school_year}
    terms = [_make_terms(way, left, school_year) for left, way in classes.items() if left < school_year]
    tables = {
        "assessments": _make_assessments(school_year),
        "performance_levels": _make_levels(school_year),
        "financial_aid_applications": _make_applications(seed, school_year, leavers.by_year[school_year]),
        "postsecondary_searches": _stack([_make_searches(seed, way, left, school_year)
                                          for left, way in classes.items() if school_year - 2 <= left < school_year]),
        "postsecondary_enrollments": _stack(terms),
        "postsecondary_awards": _stack([_make_awards(way, left, school_year)
                                        for left, way in classes.items() if left < school_year]),
        "net_prices": _make_net_prices(school_year),
        "quarterly_wages": _stack([_make_wages(seed, way, left, school_year) for left, way in classes.items()]),
    }
    return {name: table.select(RECORD_COLUMNS[name]) for name, table in tables.items() if table is not None}


def _stack(parts: list[pl.DataFrame]) -> pl.DataFrame | None:
    """The parts as one table; none when there is nothing to tell, for then no file is written."""
    filled = [part for part in parts if part.height]
    return pl.concat(filled) if filled else None


def _go_ways(seed: int, left: int, people: pl.DataFrame) -> pl.DataFrame:
    """One row per person of a class: where they go (`institution`, null for nowhere), years they stay, whether they
    earn the degree."""
    rng = stream(seed, "ways", left)
    ability, need = people["ability"].to_numpy(), people["need"].to_numpy()
    graduates = (people["exit_type"] == EXIT_GRADUATED).fill_null(False).to_numpy()
    goes = graduates & (rng.random(people.height) < 1 / (1 + np.exp(-(0.55 + 0.9 * ability - 0.35 * need))))
    pull = np.where((ability > 0.6)[:, None], _CHANCES * [1.6, 0.5, 1.5, 0.3, 1.6], _CHANCES)
    edges = np.cumsum(pull / pull.sum(axis=1, keepdims=True), axis=1)
    institution = np.minimum((rng.random((people.height, 1)) > edges).sum(axis=1), len(_INSTITUTIONS) - 1)
    years = 1 + (rng.random((people.height, 5)) < (0.68 + 0.1 * np.tanh(ability))[:, None]).cumprod(axis=1).sum(axis=1)
    moves = rng.random(people.height) < 0.12
    return people.with_columns(
        goes=pl.Series(goes), institution=pl.Series(institution), years=pl.Series(years),
        # Some go on at another institution: persistence that is no retention.
        second=pl.Series(np.where(moves, (institution + 1) % len(_INSTITUTIONS), institution)),
        full_time=pl.Series(rng.random(people.height) < 0.74), works=pl.Series(rng.random(people.height)),
        excluded=pl.Series(rng.random(people.height) < 0.004), pace=pl.Series(rng.random(people.height)),
    )


def _column(place: int, index: pl.Series) -> pl.Series:
    return pl.Series([each[place] for each in _INSTITUTIONS]).gather(index)


def _make_terms(way: pl.DataFrame, left: int, school_year: int) -> pl.DataFrame:
    """One row per student and term (fall, spring) of the school year."""
    age = school_year - left
    here = way.filter(pl.col("goes") & (pl.col("years") >= age))
    index = here["institution"] if age == 1 else here["second"]
    parts = []
    for begin, end in ((f"{school_year - 1}-08-22", f"{school_year - 1}-12-16"),
                       (f"{school_year}-01-10", f"{school_year}-05-12")):
        attempted = pl.when("full_time").then(15.0).otherwise(7.0)
        passed = pl.when(pl.col("ability") + pl.col("pace") > 0.1).then(1.0).otherwise(0.6)
        in_first_year = pl.lit(age == 1)
        parts.append(here.select(
            "student_id", institution_id=_column(0, index), institution_name=_column(1, index),
            institution_level_source=_column(2, index), institution_control_source=_column(3, index),
            institution_state=_column(4, index), program_length_months=_column(5, index),
            begin_date=pl.lit(begin), end_date=pl.lit(end),
            enrollment_intensity_source=pl.when("full_time").then(pl.lit("01")).otherwise(pl.lit("02")),
            credits_attempted=attempted, credits_earned=(attempted * passed).floor(),
            gateway_mathematics_source=pl.when(in_first_year & (pl.col("ability") > 0)).then(pl.lit("Yes"))
            .otherwise(pl.lit("No")),
            gateway_english_source=pl.when(in_first_year & (pl.col("ability") > -0.3)).then(pl.lit("Yes"))
            .otherwise(pl.lit("No")),
            cohort_exclusion_source=pl.when("excluded").then(pl.lit("03")),
        ))
    return pl.concat(parts)


def _make_awards(way: pl.DataFrame, left: int, school_year: int) -> pl.DataFrame:
    """One row per degree: those who stayed as long as the program takes mostly have it, some a year later."""
    months = _column(5, way["second"])
    took = pl.max_horizontal(pl.lit(1), months // 12) + pl.when(pl.col("pace") < 0.3).then(1).otherwise(0)
    earns = way.filter(pl.col("goes") & (took == school_year - left) & (pl.col("years") >= months // 12)
                       & (pl.col("pace") < 0.85))
    index = earns["second"]
    return earns.select(
        "student_id", institution_id=_column(0, index), award_date=pl.lit(f"{school_year}-05-20"),
        award_level_source=_column(5, index).replace_strict(_AWARDS, return_dtype=pl.String),
        cip=pl.lit("51.3801"),
    )


def _make_net_prices(school_year: int) -> pl.DataFrame:
    """One row per institution: what the year there costs after grants, some three percent more than the year before."""
    prices = [round(each[6] * 1.03 ** (school_year - 2022)) for each in _INSTITUTIONS]
    return pl.DataFrame({"institution_id": [each[0] for each in _INSTITUTIONS], "academic_year": school_year,
                         "net_price_usd": prices})


def _make_searches(seed: int, way: pl.DataFrame, left: int, school_year: int) -> pl.DataFrame:
    """One row per graduate of the last two classes: what a search in November found."""
    rng = stream(seed, "searches", left)
    graduates = way.filter(exit_type=EXIT_GRADUATED)
    draw = pl.Series(rng.random(graduates.height))
    found = pl.when(draw < 0.04).then(pl.lit("Blocked")).when(draw < 0.07).then(pl.lit("NotSearchable"))
    found = found.when("goes").then(pl.lit("EnrollmentFound")).otherwise(pl.lit("NoEnrollmentFound"))
    return graduates.select("student_id", search_date=pl.lit(f"{school_year - 1}-11-10"), search_outcome_source=found)


def _make_applications(seed: int, school_year: int, people: pl.DataFrame) -> pl.DataFrame:
    """One row per senior who filed for federal aid; not all complete what they began."""
    rng = stream(seed, "financial aid", school_year)
    seniors = people.filter(pl.col("grade") == 12)
    chance = 1 / (1 + np.exp(-(0.5 + 0.7 * seniors["ability"].to_numpy() + 0.15 * seniors["need"].to_numpy())))
    filed = np.flatnonzero(rng.random(seniors.height) < chance)
    opens = np.datetime64(f"{school_year - 1}-10-01", "D").astype(int)
    begun = opens + (240 * rng.beta(1.2, 2.5, len(filed))).astype(int)
    completed = begun + rng.integers(0, 40, len(filed))
    is_complete = rng.random(len(filed)) < 0.9
    return pl.DataFrame({
        "student_id": seniors["student_id"].gather(filed), "application_type_source": ["FAFSA"] * len(filed),
        "award_year": [school_year + 1] * len(filed), "submitted_date": begun.astype("datetime64[D]"),
        "completed": completed.astype("datetime64[D]"), "is_complete": is_complete,
    }, schema_overrides={"application_type_source": pl.String, "award_year": pl.Int64}).with_columns(
        completed_date=pl.when("is_complete").then("completed"))


def _make_wages(seed: int, way: pl.DataFrame, left: int, school_year: int) -> pl.DataFrame:
    """One row per worker, employer and quarter from July to June. Seniors work a little; who left works more, in
    college less; wages grow by the year."""
    rng = stream(seed, "wages", left, school_year)
    age = school_year - left
    ability = way["ability"].to_numpy()
    studies = (way["goes"] & (way["years"] >= age)).to_numpy() & (age > 0)
    chance = np.where(age == 0, 0.25, np.where(studies, 0.5, 0.74)) if age else np.full(way.height, 0.25)
    quarters = ((school_year - 1, 3), (school_year - 1, 4), (school_year, 1), (school_year, 2))
    goes_on = way["exit_type"].is_null().to_numpy()
    works = (way["works"].to_numpy() < chance) & ~(goes_on & (age > 0))
    parts = []
    for number, (wage_year, quarter) in enumerate(quarters):
        worker = np.flatnonzero(works & (rng.random(way.height) < 0.93))
        base = np.where(age == 0, 1800.0, np.where(studies, 3200.0, 6800.0)) if age else 1800.0
        level = (base + np.zeros(way.height))[worker] * np.exp(0.12 * ability[worker]) * (1.07**age) * (1.01**number)
        wages = np.round(level * rng.uniform(0.7, 1.3, len(worker)), 2)
        employer = (worker * 7 + school_year // 2) % _EMPLOYERS
        parts.append(pl.DataFrame({
            "worker_id": way["ssn"].gather(worker),
            "employer_id": pl.select(pl.format("47-{}", pl.Series(1000000 + employer))).to_series(),
            "wage_year": np.full(len(worker), wage_year), "wage_quarter": np.full(len(worker), quarter),
            "wages_usd": wages, "naics": pl.Series(_NAICS).gather(employer % len(_NAICS)),
        }))
    return pl.concat(parts)


def _make_assessments(school_year: int) -> pl.DataFrame:
    rows = []
    for subject, code, tested in TESTS:
        rows += [(f"ST-{school_year}-{subject}-{GRADE_CODES[grade]}", f"State Assessment {subject}", "StateSummative",
                  code, GRADE_CODES[grade], None) for grade in tested]
        rows.append((f"ALT-{subject}-{school_year}", f"Alternate Assessment {subject}",
                     "AlternateAssessmentAlternateStandards", code, None, None))
        rows.append((f"BM-{subject}-{school_year}", f"Benchmark {subject}", "Benchmark", code, None, None))
    rows.append((f"KRA-{school_year}", "Kindergarten Readiness Assessment", "KindergartenReadiness", None, "KG", None))
    rows += [(f"KRA-{domain}-{school_year}", "Kindergarten Readiness Assessment", "KindergartenReadiness", None, "KG",
              domain) for domain in DOMAINS]
    rows.append((f"ELP-{school_year}", "English Language Proficiency Assessment", "LanguageProficiency", "00256", None,
                 None))
    rows += [(f"SAT-{name}-{school_year}", "SAT", "CollegeEntrance", code, None, None)
             for name, code in (("MATH", "01166"), ("ERW", "13373"))]
    rows += [(f"AP-{name}-{school_year}", "Advanced Placement Exam", "AdvancedPlacementTest", code, None, None)
             for name, code in (("APE", "13372"), ("APM", "01166"))]
    return pl.DataFrame(rows, schema=dict.fromkeys(RECORD_COLUMNS["assessments"], pl.String), orient="row")


def _make_levels(school_year: int) -> pl.DataFrame:
    """The cut scores of the year. They are stated year by year, so that a level can be read as it was then."""
    rows: list[tuple] = []

    def add(assessment: str, grade: str | None, method: str, names: tuple[str, ...], cuts: tuple, top: float,
            proficient: int) -> None:
        edges = [*cuts, top]
        for number, name in enumerate(names, 1):
            highest = edges[number] - (1 if number < len(names) else 0)
            rows.append((assessment, grade, method, name, number, edges[number - 1], highest,
                         "Yes" if number >= proficient else "No", f"{school_year - 1}-07-01", f"{school_year}-06-30"))

    for subject, _, tested in TESTS:
        for grade in tested:
            add(f"ST-{school_year}-{subject}-{GRADE_CODES[grade]}", GRADE_CODES[grade], SCORE_TYPE, PERFORMANCE_LEVELS,
                (100, 440, 500, 570), 950, 3)
        add(f"ALT-{subject}-{school_year}", None, SCORE_TYPE, ALTERNATE_LEVELS, (200, 290, 325), 400, 2)
        add(f"BM-{subject}-{school_year}", None, SCORE_TYPE, BENCHMARK_LEVELS, (100, 176), 250, 2)
    for name in ("KRA", *(f"KRA-{domain}" for domain in DOMAINS)):
        add(f"{name}-{school_year}", "KG", SCORE_TYPE, KRA_LEVELS, (200, 258, 270), 350, 3)
    for number, name in enumerate(ELP_LEVELS, 1):
        rows.append((f"ELP-{school_year}", None, ELP_SCORE_TYPE, name, number, float(number), number + 0.9,
                     "Yes" if number >= PROFICIENT_ELP else "No", f"{school_year - 1}-07-01", f"{school_year}-06-30"))
    for name in ("MATH", "ERW"):
        add(f"SAT-{name}-{school_year}", None, "Section score", ("Below benchmark", "Met benchmark"),
            (200, 530 if name == "MATH" else 480), 800, 2)
    for name in ("APE", "APM"):
        add(f"AP-{name}-{school_year}", None, "AP score", ("Not qualified", "Qualified"), (1, 3), 5, 2)
    return pl.DataFrame(rows, schema=list(RECORD_COLUMNS["performance_levels"]), orient="row",
                        infer_schema_length=None, strict=False)
