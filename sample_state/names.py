"""Invented names of places and people, addresses and telephone numbers.

Nobody here is anyone. Telephone numbers use the 555-01xx range kept free for fiction, mail addresses the reserved
domain `example.org`, and numbers shaped like social security numbers begin with 9, which are never issued.
"""

import numpy as np
import polars as pl

PLACE_FIRST = (
    "Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fern", "Granite", "Hazel", "Iron", "Juniper", "Kestrel", "Laurel",
    "Maple", "Northern", "Oak", "Prairie", "Quarry", "River", "Sage", "Timber", "Upper", "Valley", "Willow", "Yarrow",
)
PLACE_SECOND = (
    "Creek", "Bluff", "Falls", "Grove", "Harbor", "Haven", "Hollow", "Junction", "Lake", "Landing", "Meadow", "Mills",
    "Pass", "Plains", "Point", "Ridge", "Rock", "Springs", "Summit", "Vista",
)
FIRST_NAMES = (
    "Aiyana", "Amara", "André", "Anika", "Beau", "Brisa", "Caleb", "Chloe", "Dante", "Dina", "Eli", "Elena", "Farah",
    "Felix", "Gia", "Hugo", "Imani", "Ines", "Jada", "Jonas", "José", "Kai", "Keiko", "Lena", "Luca", "Mai", "Malik",
    "Mira", "Nadia", "Noor", "Omar", "Owen", "Paloma", "Priya", "Quinn", "Rafael", "Rosa", "Ruth", "Saul", "Sana",
    "Talia", "Theo", "Uma", "Vera", "Wes", "Ximena", "Yara", "Yusuf", "Zane", "Zoë",
)
LAST_NAMES = (
    "Abara", "Adler", "Baptiste", "Begay", "Brandt", "Castaño", "Chandra", "Chen", "Dubois", "Eklund", "Escobar",
    "Fisher", "Garza", "Greene", "Haddad", "Harjo", "Hayes", "Ibarra", "Iyer", "Jansen", "Kaya", "Keller", "Kim",
    "Lindqvist", "Lowe", "Mbeki", "Mercer", "Moreno", "Muñoz", "Nakai", "Nguyen", "O'Dell", "Okafor", "Ortega",
    "Park", "Pereira", "Quist", "Reyes", "Rowan", "Sandoval", "Sato", "Shah", "Soto", "Tran", "Tsosie", "Ueda",
    "Vance", "Vang", "Walker", "Xiong", "Yazzie", "Zamora", "Zhou",
)
STREETS = ("Main Street", "Mill Road", "Second Avenue", "School Lane", "County Road 9", "Orchard Way", "Canal Street")


def pick(rng: np.random.Generator, choices: tuple[str, ...], count: int) -> pl.Series:
    """Return `count` draws (with equal chances) from `choices`, as text."""
    return pl.Series(choices).gather(rng.integers(0, len(choices), count))


def name_places(rng: np.random.Generator, count: int) -> list[str]:
    """Return `count` different place names; beyond the 480 pairs of words they carry a number."""
    pairs = [f"{first} {second}" for first in PLACE_FIRST for second in PLACE_SECOND]
    order = rng.permutation(len(pairs))
    names = []
    for index in range(count):
        turn, position = divmod(index, len(pairs))
        names.append(pairs[order[position]] + (f" {turn + 1}" if turn else ""))
    return names


def name_people(rng: np.random.Generator, ids: pl.Series) -> pl.DataFrame:
    """Return one row per id: first_name, middle_name (null for a third), last_name, other_ids, address, telephone,
    email, all text."""
    count = len(ids)
    number = pl.Series(rng.integers(0, 10**8, count))
    has_middle = pl.Series(rng.random(count) < 2 / 3)
    frame = pl.DataFrame(
        {
            "first_name": pick(rng, FIRST_NAMES, count),
            "middle_name": pick(rng, FIRST_NAMES, count),
            "last_name": pick(rng, LAST_NAMES, count),
            "house": pl.Series(rng.integers(1, 2999, count)).cast(pl.String),
            "street": pick(rng, STREETS, count),
            "id": ids,
            "ssn": number.cast(pl.String).str.zfill(8),
            "line": pl.Series(rng.integers(0, 100, count)).cast(pl.String).str.zfill(2),
            "area": pl.Series(rng.integers(201, 990, count)).cast(pl.String),
            "has_middle": has_middle,
        }
    )
    ssn = pl.format("9{}-{}-{}", pl.col("ssn").str.slice(0, 2), pl.col("ssn").str.slice(2, 2),
                    pl.col("ssn").str.slice(4, 4))
    return frame.select(
        "first_name",
        pl.when("has_middle").then("middle_name").alias("middle_name"),
        "last_name",
        pl.format("SSN:{}|District:{}", ssn, pl.col("id").str.slice(4)).alias("other_ids"),
        pl.format("{} {}", "house", "street").alias("address"),
        pl.format("({}) 555-01{}", "area", "line").alias("telephone"),
        pl.format("s{}@students.example.org", "id").alias("email"),
    )
