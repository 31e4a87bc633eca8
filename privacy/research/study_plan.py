"""The plan of a study: what its extract holds, how alike its people must be, and what is done to get there."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from privacy.description import DescriptionError, name_faults, read_yaml

# Columns that prepare_extract adds itself.
CODE, WITHHELD = "study_code", "quasi_identifiers_withheld"


class PlanError(ValueError):
    """A plan that cannot be used; the message says which field is wrong and what is allowed."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Coarsen(_Strict):
    """Every value named in `to` becomes the one it is mapped to; the others stay."""

    rule: Literal["coarsen"]
    column: str
    to: dict[str, str] = Field(min_length=1)


class Pool(_Strict):
    """Categories of fewer than this many persons are pooled: all into one, or each into its coarser group.

    `into`: the smallest categories are pooled until the pool itself has enough persons, else its name would say who is
    in it. `groups` (category: coarser group): as soon as one category is too small, all of its group take the group's
    name, else the group's name would mean the small category alone. A missing value is never pooled.
    """

    rule: Literal["pool"]
    column: str
    fewer_than: int = Field(ge=2)
    into: str | None = None
    groups: dict[str, str] = {}

    @model_validator(mode="after")
    def _one_way_to_pool(self):
        if (self.into is None) == (not self.groups):
            raise ValueError("pool needs either into or groups")
        return self


class Band(_Strict):
    """Whole numbers become bands of `step` from `bottom` on; all below it are one band, all from `top` on another."""

    rule: Literal["band"]
    column: str
    bottom: int
    step: int = Field(ge=1)
    top: int

    @model_validator(mode="after")
    def _steps_lead_to_the_top(self):
        if self.top <= self.bottom or (self.top - self.bottom) % self.step:
            raise ValueError("band needs a top above its bottom, a whole number of steps away")
        return self


class StudyPlan(_Strict):
    """A validated plan; see docs/research-extracts.md for every field."""

    version: Literal[1]
    study: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    person: str = Field(min_length=1)
    time: str | None = None
    quasi_identifiers: tuple[str, ...] = Field(min_length=1)
    sensitive: dict[str, Annotated[int, Field(ge=2)]] = {}
    other: tuple[str, ...] = ()
    k: int = Field(default=10, ge=3)  # 3: below it a member of a group knows who the one other member is
    rules: tuple[Annotated[Coarsen | Pool | Band, Field(discriminator="rule")], ...] = ()
    when_it_fails: Literal["withhold", "drop", "refuse"] = "withhold"

    @model_validator(mode="after")
    def _every_column_has_one_part(self):
        if len(set(self.columns)) < len(self.columns):
            raise ValueError("a column is named twice among time, quasi_identifiers, sensitive and other")
        if self.person in self.columns:
            raise ValueError(f"{self.person!r} says who a person is; no extract may hold it")
        if taken := {CODE, WITHHELD}.intersection(self.columns):
            raise ValueError(f"{', '.join(sorted(taken))}: this name is taken by a column every extract has")
        for rule in self.rules:
            if rule.column not in self.columns:
                raise ValueError(f"rules: {rule.column!r} is not a column of this plan")
            if rule.column == self.time:
                raise ValueError(f"rules: {rule.column!r} tells a person's rows apart and must stay as it is")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns an extract keeps, in their order there."""
        return (*self.alike_by[1:], *self.sensitive, *self.other)

    @property
    def alike_by(self) -> tuple[str, ...]:
        """The columns in which the rows of persons who are alike agree."""
        return (WITHHELD, *([self.time] if self.time else []), *self.quasi_identifiers)

    @property
    def hash(self) -> str:
        """The first 16 hex digits of the sha256 of the plan's content; comments and order of keys do not count."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def load_plan(path: str | Path) -> StudyPlan:
    """The plan a YAML file holds. Raises PlanError, with every wrong field named, when it cannot be used."""
    path = Path(path)
    try:
        return StudyPlan.model_validate(read_yaml(path))
    except ValidationError as error:
        raise PlanError(name_faults(path, "plan", error)) from None
    except DescriptionError as error:
        raise PlanError(str(error)) from None
