"""The disclosure policy: what it may say, how it is read, and its hash.

What the rules do to a table lives in primary.py (which values are sensitive) and complementary.py (what else is
withheld).
"""

import hashlib
import json
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

DEFAULT_POLICY = Path(__file__).with_name("policy.yml")
STATISTICS = ("student_count", "denominator", "numerator", "complement")


class PolicyError(ValueError):
    """A policy that cannot be used; the message says which field is wrong and what is allowed."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Thresholds(_Strict):
    """Smallest value that is not sensitive, each >= 1; 1 switches the rule off."""

    persons: int = Field(default=10, ge=3)  # 3: below it a member of the group learns about the one other member
    numerator: int = Field(default=1, ge=1)
    complement: int = Field(default=1, ge=1)


class TablePolicy(_Strict):
    """How one table is protected. `kind`: count (students), rate (students of students), magnitude (days of days)."""

    kind: Literal["count", "rate", "magnitude"]
    thresholds: Thresholds = Thresholds()
    zero_is_sensitive: bool = False

    @model_validator(mode="after")
    def _only_rates_have_outcomes(self):
        extra = self.thresholds.numerator > 1 or self.thresholds.complement > 1 or self.zero_is_sensitive
        if self.kind != "rate" and extra:
            raise ValueError("thresholds on numerator or complement and zero_is_sensitive belong to kind: rate only")
        return self

    @property
    def statistics(self) -> tuple[str, ...]:
        """The quantities of one row, the complement (denominator − numerator) among them."""
        return ("student_count",) if self.kind == "count" else ("denominator", "numerator", "complement")


class Attacker(_Strict):
    """A reader every protected quantity must withstand."""

    name: str = Field(min_length=1)
    knows_zeros_are_shown: bool


class SameAs(_Strict):
    """Two statistics, written `table.statistic`, that are the same number wherever both exist."""

    left: str
    right: str

    @property
    def pairs(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """((table, statistic), (table, statistic))."""
        return tuple(tuple(side.rsplit(".", 1)) for side in (self.left, self.right))


class LevelCost(_Strict):
    state: float = Field(gt=0)
    region: float = Field(default=12, gt=0)
    lea: float = Field(gt=0)
    school: float = Field(gt=0)


class ComplementCost(_Strict):
    """Relative cost of withholding a value that is not itself sensitive."""

    level: LevelCost
    all_students: float = Field(default=5, ge=1)
    denominator: float = Field(default=3, ge=1)
    per_doubling: float = Field(default=0.3, ge=0)


class Policy(_Strict):
    """A validated policy; see docs/disclosure.md for every field."""

    version: Literal[1]
    name: str = Field(min_length=1)
    symbol: str = Field(default="*", min_length=1, max_length=8)
    required_candidates: int = Field(default=4, ge=2, le=100)
    required_width_percent: float = Field(default=10, ge=0, le=90)
    attackers: tuple[Attacker, ...] = Field(min_length=1)
    tables: dict[str, TablePolicy] = Field(min_length=1)
    same_as: tuple[SameAs, ...] = ()
    complement_cost: ComplementCost

    @model_validator(mode="after")
    def _same_as_names_statistics_that_exist(self):
        for same in self.same_as:
            for side in (same.left, same.right):
                table, _, statistic = side.rpartition(".")
                if table not in self.tables or statistic not in self.tables[table].statistics:
                    raise ValueError(f"same_as: {side!r} is not a statistic of a table in this policy")
        if len({attacker.name for attacker in self.attackers}) < len(self.attackers):
            raise ValueError("attackers: two have the same name")
        return self

    @property
    def hash(self) -> str:
        """The first 16 hex digits of the sha256 of the policy's content; comments and order of keys do not count."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @property
    def zeros_may_be_known(self) -> bool:
        """Whether some attacker knows that withheld counts are at least 1."""
        return any(attacker.knows_zeros_are_shown for attacker in self.attackers)


def load_policy(path: str | Path = DEFAULT_POLICY) -> Policy:
    """The policy a YAML file holds. Raises PolicyError, with every wrong field named, when it cannot be used."""
    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError:
        raise PolicyError(f"{path.name}: the policy file cannot be read") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = f", line {error.problem_mark.line + 1}" if getattr(error, "problem_mark", None) else ""
        raise PolicyError(f"{path.name}{line}: this is not YAML") from None
    if not isinstance(content, dict):
        raise PolicyError(f"{path.name}: expected `key: value` lines, starting with `version: 1`")
    try:
        return Policy.model_validate(content)
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, e['loc'])) or 'policy'}: {e['msg']}" for e in error.errors()]
        raise PolicyError("\n".join([f"{path.name} is not a usable policy:", *lines])) from None
