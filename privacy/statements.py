"""What a policy states about tables: their kinds and thresholds, how rates are shown, what ties statistics together.

The forms only; what follows from them: relations.py (sums), primary.py (what is sensitive), coding.py (rates).
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

STATISTICS = ("student_count", "denominator", "numerator", "complement", "derived")


class Strict(BaseModel):
    """A part of a policy: fields it does not know are refused, and it never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Thresholds(Strict):
    """Smallest value that is not sensitive, each >= 1; 1 switches the rule off."""

    persons: int = Field(default=10, ge=3)  # 3: below it a member of the group learns about the one other member
    numerator: int = Field(default=1, ge=1)
    complement: int = Field(default=1, ge=1)


class Band(Strict):
    """How percentages of groups of at least `from` students are coded: bottom, top, and whole steps in between."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    least: int = Field(alias="from", ge=1)
    bottom: int = Field(ge=0, le=49)
    top: int = Field(ge=51, le=100)
    step: int = Field(ge=1, le=50)


class Median(Strict):
    """The median of a distribution is published: its `levels` in order, and the fewest `persons` it is published of."""

    levels: tuple[str, ...] = Field(min_length=2)
    persons: int = Field(default=10, ge=3)

    @model_validator(mode="after")
    def _names_levels_once(self):
        if len(set(self.levels)) < len(self.levels):
            raise ValueError("two levels have the same name")
        return self


class TablePolicy(Strict):
    """How one table is protected.

    `kind`: count (students), rate (students of students), magnitude (days of days), mean (scores of students).
    """

    kind: Literal["count", "rate", "magnitude", "mean"]
    thresholds: Thresholds = Thresholds()
    zero_is_sensitive: bool = False
    publish: Literal["counts", "percent", "percent_only", "median"] = "counts"
    scale: int = Field(default=100, ge=1, le=10_000)
    decimals: int = Field(default=1, ge=0, le=3)
    coding: str | None = None
    levels: str | None = None
    median: Median | None = None
    lowest: int | None = Field(default=None, ge=0)
    highest: int | None = Field(default=None, le=10_000)

    @model_validator(mode="before")
    @classmethod
    def _no_median(cls, content):
        if isinstance(content, dict) and content.get("kind") == "median":
            raise ValueError("a median is no sum; publish that of a distribution: kind: rate, with levels and median")
        return content

    @model_validator(mode="after")
    def _fields_fit_the_kind(self):
        outcome = self.thresholds.numerator > 1 or self.thresholds.complement > 1 or self.coding or self.levels
        if self.kind != "rate" and (outcome or self.publish != "counts"):
            raise ValueError("thresholds on numerator or complement, publish, coding and levels: kind: rate only")
        if self.median and not self.levels:
            raise ValueError("median is of a distribution: name its levels")
        if self.publish == "median" and (self.coding or not self.median):
            raise ValueError("publish: median needs median, and no coding")
        if self.publish == "percent_only" and self.median:
            raise ValueError("a median is published beside the number of students: publish must not be percent_only")
        if self.kind not in ("rate", "mean") and self.zero_is_sensitive:
            raise ValueError("zero_is_sensitive belongs to kind: rate or mean only")
        if self.coding and self.scale != 100:
            raise ValueError("coding is about percentages: scale must be 100")
        if (self.kind == "mean") != (self.lowest is not None and self.highest is not None):
            raise ValueError("lowest and highest, the scores one student can have, belong to kind: mean")
        if self.kind == "mean" and not self.lowest < self.highest:
            raise ValueError("lowest must be less than highest")
        return self

    @property
    def statistics(self) -> tuple[str, ...]:
        """The quantities of one row, the complement (denominator − numerator) among them."""
        if self.kind == "count":
            return ("student_count",)
        return ("denominator", "numerator") if self.kind == "mean" else ("denominator", "numerator", "complement")

    @property
    def published(self) -> tuple[str, ...]:
        """The numbers that are published where they are not withheld."""
        people = () if self.kind == "magnitude" or self.publish == "percent_only" else ("student_count",)
        if self.kind == "count" or self.publish == "percent_only":
            return people
        exact = self.publish == "counts" and self.kind != "mean"
        return (*people, "numerator", "denominator") if exact else (*people, "denominator")

    @property
    def publishes_rates(self) -> bool:
        """Whether a rate, a band or a mean is published beside or instead of counts."""
        return self.publish in ("percent", "percent_only") or self.coding is not None or self.kind == "mean"

    @property
    def unit(self) -> int:
        """How much a rate of one stands for: 100 in percent; a mean is in scores."""
        return 1 if self.kind == "mean" else self.scale

    @property
    def least(self) -> int:
        """The least rate there can be."""
        return self.lowest if self.kind == "mean" else 0

    @property
    def greatest(self) -> int:
        """The greatest rate there can be."""
        return self.highest if self.kind == "mean" else self.scale


class SameAs(Strict):
    """Two statistics, written `table.statistic`, that are the same number wherever both exist."""

    left: str
    right: str

    @property
    def pairs(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """((table, statistic), (table, statistic))."""
        return tuple(tuple(side.rsplit(".", 1)) for side in (self.left, self.right))


class Grouping(Strict):
    """A type of group whose values are sums over values of another type; a value may be in several of them."""

    type: str = Field(min_length=1)
    of: str = Field(min_length=1)
    groups: dict[str, tuple[str, ...]] = Field(min_length=1)

    @property
    def overlaps(self) -> bool:
        """Whether some value is in two groups, so that the groups do not add up to anything."""
        members = [member for group in self.groups.values() for member in group]
        return len(set(members)) < len(members)

    @model_validator(mode="after")
    def _groups_something_else(self):
        if self.type == self.of or not all(self.groups.values()):
            raise ValueError(f"grouping {self.type!r}: its groups must hold values of another type")
        return self


class Derived(Strict):
    """When a number that nobody publishes, but that follows from published ones, is sensitive."""

    threshold: int = Field(default=10, ge=2)
    zero_is_sensitive: bool = False


class Term(Strict):
    """A statistic, written `table.statistic`, times a coefficient; `years`: how many years later it is taken from."""

    statistic: str
    coefficient: int
    years: int = 0

    @property
    def pair(self) -> tuple[str, str]:
        """(table or link, statistic)."""
        table, _, statistic = self.statistic.rpartition(".")
        return table, statistic


def _name_form(terms: object) -> str:
    return "list" if isinstance(terms, list | tuple) else "mapping"


Mapping = Annotated[dict[str, int], Field(min_length=1), Tag("mapping")]
Listing = Annotated[tuple[Term, ...], Field(min_length=1), Tag("list")]


class Link(Strict):
    """What everybody knows of some statistics of one year, organisation and group, wherever all of them exist.

    The sum of coefficient x statistic equals a number, is bounded, or is a derived number that nobody publishes.
    `terms`: statistic to coefficient, with `years`: how many years later than the others a statistic is taken from; or
    a list of terms, in which a statistic may stand once for every year.
    """

    name: str = Field(min_length=1, pattern=r"^[^.]+$")
    terms: Annotated[Mapping | Listing, Discriminator(_name_form)]
    years: dict[str, int] = {}
    equals: int | None = None
    at_least: int | None = None
    at_most: int | None = None
    derived: Derived | None = None

    @model_validator(mode="after")
    def _says_one_thing(self):
        bounded = self.at_least is not None or self.at_most is not None
        if bounded + (self.equals is not None) + (self.derived is not None) != 1:
            raise ValueError(f"link {self.name!r}: give one of equals, derived, or at_least and at_most")
        listed = not isinstance(self.terms, dict)
        if listed and self.years:
            raise ValueError(f"link {self.name!r}: of terms in a list, each gives its own years")
        if any(term.coefficient == 0 for term in self.members) or not (listed or set(self.years) <= set(self.terms)):
            raise ValueError(f"link {self.name!r}: coefficients must not be 0, and years must name terms")
        if len({(term.statistic, term.years) for term in self.members}) < len(self.members):
            raise ValueError(f"link {self.name!r}: two terms are the same statistic of the same year")
        return self

    @property
    def members(self) -> tuple[Term, ...]:
        """The terms, in whatever form they were given."""
        if not isinstance(self.terms, dict):
            return self.terms
        years = self.years
        return tuple(Term(statistic=one, coefficient=k, years=years.get(one, 0)) for one, k in self.terms.items())
