"""The made-up state on paper: its districts, what each is like, what it sends, and its schools.

Nothing here depends on the school year: a state of several years keeps its districts and schools.
"""

from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np

from sample_state.names import name_places
from sample_state.randomness import stream

STATE_ID = "31"
STATE_NAME = "Example State"
FORMATS = ("edfi_xml", "oneroster_csv", "state_csv")

# Per kind of place: share of students in economic disadvantage, of English learners, of riders of a school bus, and
# the mean race mix (order of codes.RACES, then two or more races, then Hispanic of any race).
_KINDS = {
    "urban": (0.62, 0.16, 0.30, (0.01, 0.07, 0.30, 0.005, 0.24, 0.045, 0.33)),
    "suburban": (0.28, 0.07, 0.50, (0.005, 0.10, 0.09, 0.003, 0.60, 0.05, 0.152)),
    "town": (0.47, 0.08, 0.45, (0.02, 0.02, 0.08, 0.003, 0.66, 0.04, 0.177)),
    "rural": (0.54, 0.04, 0.60, (0.03, 0.007, 0.03, 0.002, 0.83, 0.03, 0.071)),
    "reservation": (0.72, 0.06, 0.70, (0.62, 0.004, 0.01, 0.003, 0.26, 0.05, 0.053)),
}


@dataclass(frozen=True)
class District:
    """One district (LEA): who it is, how many students it expects, what its population is like, what it sends."""

    number: int
    source_id: str
    name: str
    lea_id: str
    format: str
    kind: str
    size: int
    disadvantage: float
    english_learners: float
    bus_share: float
    race_mix: tuple[float, ...]

    @property
    def place(self) -> str:
        """The name of its town."""
        return self.name.removesuffix(" School District")


@dataclass(frozen=True)
class School:
    """One school: grades are 0 (kindergarten) to 12, both ends included; `weight` is its share of its district."""

    number: int
    school_id: str
    name: str
    district: int
    low: int
    high: int
    weight: float


@dataclass(frozen=True)
class State:
    """The districts (largest first) and schools of the state, both indexed by their `number`."""

    seed: int
    districts: tuple[District, ...]
    schools: tuple[School, ...]
    _by_grade: dict = field(default_factory=dict, compare=False, repr=False)

    def schools_of(self, district: int) -> list[School]:
        """The schools of a district, in order."""
        return [school for school in self.schools if school.district == district]

    def choices(self, district: int, grade: int) -> tuple[np.ndarray, np.ndarray]:
        """The numbers of the schools of a district that teach a grade, and their chances (they sum to 1)."""
        if not self._by_grade:
            for school in self.schools:
                for taught in range(school.low, school.high + 1):
                    self._by_grade.setdefault((school.district, taught), []).append(school)
        schools = self._by_grade[district, grade]
        weights = np.array([school.weight for school in schools])
        return np.array([school.number for school in schools]), weights / weights.sum()


def plan_state(*, districts: int, students: int, seed: int) -> State:
    """Return the state of so many districts with about `students` students in all.

    Sizes are log-normal, as district sizes are, the largest is a city; every district has at least eight
    students. Raises ValueError when there is no district, or fewer than eight students for each.
    """
    if districts < 1:
        raise ValueError("districts must be at least 1")
    if students < 8 * districts:
        raise ValueError("students must be at least 8 for each district")
    rng = stream(seed, "plan")
    sizes = _sizes(rng, districts, students)
    names = name_places(rng, districts)
    planned = tuple(_plan_district(rng, number, name, sizes[number]) for number, name in enumerate(names))
    schools: list[School] = []
    for district in planned:
        schools.extend(_plan_schools(rng, district, first_number=len(schools)))
    return State(seed=seed, districts=planned, schools=tuple(schools))


def _sizes(rng: np.random.Generator, districts: int, students: int) -> list[int]:
    # Log-normal quantiles with a little noise, not plain draws: of six draws one too often takes nearly all students.
    quantiles = [NormalDist().inv_cdf(1 - (number + 0.5) / districts) for number in range(districts)]
    weights = np.sort(np.exp(0.95 * np.array(quantiles) + rng.normal(0.0, 0.12, districts)))[::-1]
    sizes = np.maximum(8, np.floor(weights / weights.sum() * students)).astype(int)
    # Raising the smallest to eight can overshoot; the difference is taken from (or given to) the largest that can bear
    # it, so that the total is exact.
    for number in range(districts):
        sizes[number] = max(8, sizes[number] + students - sizes.sum())
    return sizes.tolist()


def _kind(rng: np.random.Generator, number: int, size: int) -> str:
    if number == 0:
        return "urban"
    if size < 250:
        return "reservation" if rng.random() < 0.15 else "rural"
    return str(rng.choice(["suburban", "town"]))


def _plan_district(rng: np.random.Generator, number: int, place: str, size: int) -> District:
    kind = _kind(rng, number, size)
    poverty, learners, riders, mix = _KINDS[kind]
    return District(
        number=number,
        source_id=place.lower().replace(" ", "_"),
        name=f"{place} School District",
        lea_id=f"{STATE_ID}{(number + 1) * 10:05d}",
        format=FORMATS[number % len(FORMATS)],
        kind=kind,
        size=size,
        disadvantage=float(np.clip(rng.normal(poverty, 0.09), 0.08, 0.92)),
        english_learners=float(np.clip(learners * rng.uniform(0.4, 1.6), 0.0, 0.4)),
        bus_share=riders,
        race_mix=tuple(float(share) for share in rng.dirichlet(np.array(mix) * 40)),
    )


# Lowest and highest grade, usual size, first three-digit school number, and the name's ending.
_ELEMENTARY, _MIDDLE, _HIGH = (0, 5, 200, 101, "Elementary School"), (6, 8, 340, 41, "Middle School"), (
    9, 12, 600, 1, "High School")
_K8, _K12 = (0, 8, 400, 201, "School"), (0, 12, 10**9, 301, "School")


def _plan_schools(rng: np.random.Generator, district: District, first_number: int) -> list[School]:
    if district.size < 120:
        levels = [_K12]
    elif district.size < 320:
        levels = [_K8, _HIGH]
    else:
        levels = [_ELEMENTARY, _MIDDLE, _HIGH]
    schools: list[School] = []
    for low, high, usual, code, ending in levels:
        count = max(1, round(district.size * (high - low + 1) / 13 / usual))
        weights = np.exp(rng.normal(0.0, 0.45, count))
        places = [district.place] if count == 1 else name_places(rng, count)
        for index in range(count):
            school_id = f"{district.lea_id}{code + index:03d}"
            name = f"{places[index]} {ending}"
            number = first_number + len(schools)
            schools.append(School(number, school_id, name, district.number, low, high, float(weights[index])))
    return schools
