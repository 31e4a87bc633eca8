"""What stays with a person for life and is not drawn: computed from their row number, it holds in every year."""

from zlib import crc32

import numpy as np

from sample_state.students import People

# Primary disability (CEDS 000218) with its share in percent, after the national counts of IDEA.
_DISABILITIES = (("SLD", 34), ("SLI", 19), ("OHI", 16), ("AUT", 12), ("DD", 6), ("ID", 6), ("EMN", 5), ("MD", 2))
# Educational environment (CEDS 000535) with its share in percent.
_ENVIRONMENTS = (("RC80", 66), ("RC79TO40", 17), ("RC39", 13), ("SS", 3), ("HH", 1))


def spread(person: np.ndarray, label: str, count: int) -> np.ndarray:
    """Return for each row number a number from 0 to `count` - 1, evenly spread and the same for ever.

    Source: Steele, Lea, Flood (2014), the finalizer of SplitMix64.
    """
    mixed = np.asarray(person, dtype=np.uint64) + np.uint64(crc32(label.encode()) * 0x9E3779B97F4A7C15 % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((mixed ^ (mixed >> np.uint64(31))) % np.uint64(count)).astype(int)


def takes_cte(person: np.ndarray) -> np.ndarray:
    """Whether each follows a career pathway in high school: 28 in a hundred do."""
    return spread(person, "career pathway", 100) < 28


def name_disability(person: np.ndarray) -> np.ndarray:
    """The primary disability each would be served for under IDEA (CEDS 000218)."""
    return _pick(person, "disability", _DISABILITIES)


def name_environment(person: np.ndarray) -> np.ndarray:
    """Where each is served under IDEA (CEDS 000535)."""
    return _pick(person, "environment", _ENVIRONMENTS)


def _pick(person: np.ndarray, label: str, shares: tuple[tuple[str, int], ...]) -> np.ndarray:
    edges = np.cumsum([share for _, share in shares])
    return np.array([name for name, _ in shares])[np.searchsorted(edges, spread(person, label, 100), side="right")]


def kindergarten_year(people: People, person: np.ndarray) -> np.ndarray:
    """The school year in which each was of the age for kindergarten."""
    return people.persons["birth_date"].dt.year().to_numpy()[person] + 6


def identified(people: People, person: np.ndarray, label: str) -> np.ndarray:
    """The school year in which each was identified (as English learner, as child with a disability): before they were
    first seen in the state, or then."""
    earlier = people.admitted[person] - spread(person, f"{label} identified", 7)
    return np.minimum(np.maximum(kindergarten_year(people, person), earlier), people.admitted[person])


def is_newcomer(people: People, person: np.ndarray, school_year: int) -> np.ndarray:
    """Whether each is an English learner who enters school in this country for the first time in `school_year`."""
    came = (people.admitted[person] == school_year) & (identified(people, person, "english_learner") == school_year)
    return people.flag("english_learner")[person] & came


def last_el_year(people: People, person: np.ndarray) -> np.ndarray:
    """The school year in which each who is an English learner attains proficiency: three to eight years after they
    were identified, and not before they came."""
    planned = identified(people, person, "english_learner") + 2 + spread(person, "el years", 6)
    return np.maximum(planned, people.admitted[person] + spread(person, "el stay", 3))
