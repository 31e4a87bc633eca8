"""The disclosure policy: what it may say, how it is read, and its hash.

What the rules do to a table lives in primary.py (which values are sensitive) and complementary.py (what else is
withheld).
"""

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from privacy.statements import STATISTICS, Band, Grouping, Link, SameAs, Strict, TablePolicy, Thresholds

__all__ = [
    "DEFAULT_POLICY",
    "STATISTICS",
    "Attacker",
    "Policy",
    "PolicyError",
    "TablePolicy",
    "Thresholds",
    "find_policy",
    "load_policy",
]

DEFAULT_POLICY = Path(__file__).with_name("policy.yml")
READY_POLICIES = Path(__file__).with_name("policies")  # "careful" is the default; the others by the name of their file


class PolicyError(ValueError):
    """A policy that cannot be used; the message says which field is wrong and what is allowed."""


class Attacker(Strict):
    """A reader every protected quantity must withstand. What each field lets him know: knowledge.py, insiders.py."""

    name: str = Field(min_length=1)
    knows_zeros_are_shown: bool = False
    knows_own_record: bool = False
    tells_symbols_apart: bool = False
    knows_own_district: bool = False


class LevelCost(Strict):
    state: float = Field(gt=0)
    region: float = Field(default=12, gt=0)
    lea: float = Field(gt=0)
    school: float = Field(gt=0)


class ComplementCost(Strict):
    """Relative cost of withholding a value that is not itself sensitive."""

    level: LevelCost
    all_students: float = Field(default=5, ge=1)
    denominator: float = Field(default=3, ge=1)
    per_doubling: float = Field(default=0.3, ge=0)


class Policy(Strict):
    """A validated policy; see docs/disclosure.md for every field."""

    version: Literal[1]
    name: str = Field(min_length=1)
    symbol: str = Field(default="*", min_length=1, max_length=8)
    required_candidates: int = Field(default=4, ge=2, le=100)
    required_width_percent: float = Field(default=10, ge=0, le=90)
    attackers: tuple[Attacker, ...] = Field(min_length=1)
    tables: dict[str, TablePolicy] = Field(min_length=1)
    same_as: tuple[SameAs, ...] = ()
    grids: dict[str, tuple[Band, ...]] = Field(default={})
    # The smallest correction of an earlier release that may be told; none: the persons threshold of the table.
    revision_threshold: int | None = Field(default=None, ge=1)
    groupings: tuple[Grouping, ...] = ()
    links: tuple[Link, ...] = ()
    complement_cost: ComplementCost
    does_not_protect: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_statistics_that_exist(self):
        there = {f"{table}.{one}" for table, rules in self.tables.items() for one in rules.statistics}
        for same in self.same_as:
            _refuse_unknown("same_as", (same.left, same.right), there)
        for link in self.links:
            _refuse_unknown(f"link {link.name!r}", [term.statistic for term in link.members], there)
            if link.name in self.tables or f"{link.name}.derived" in there:
                raise ValueError(f"link {link.name!r}: a table or an earlier link has this name")
            there |= {f"{link.name}.derived"} if link.derived else set()
        for table, rules in self.tables.items():
            if rules.coding and rules.coding not in self.grids:
                raise ValueError(f"tables.{table}: there is no grid {rules.coding!r}")
        if len({grouping.type for grouping in self.groupings}) < len(self.groupings):
            raise ValueError("groupings: two have the same type")
        if any(attacker.tells_symbols_apart for attacker in self.attackers):
            self._refuse_symbols_that_tell_too_much()
        if len({attacker.name for attacker in self.attackers}) < len(self.attackers):
            raise ValueError("attackers: two have the same name")
        return self

    def _refuse_symbols_that_tell_too_much(self) -> None:
        """Who tells sensitive values apart knows that they are under their threshold: enough must lie below it."""
        for name, rules in self.tables.items():
            limits, zero = rules.thresholds, int(rules.zero_is_sensitive)
            ranges = {"persons": limits.persons - 1}
            for statistic in ("numerator", "complement"):
                least = getattr(limits, statistic)
                if least > 1 or zero:
                    ranges[statistic] = least - 1 + zero
            for statistic, values in ranges.items():
                if rules.kind != "magnitude" and values < self.required_candidates:
                    raise ValueError(
                        f"attackers: one tells symbols apart, and then at most {values} values are left below the "
                        f"threshold {name}.{statistic}; {self.required_candidates} are required"
                    )

    @property
    def hash(self) -> str:
        """The first 16 hex digits of the sha256 of the policy's content; comments and order of keys do not count."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @property
    def insiders(self) -> tuple[Attacker, ...]:
        """The attackers who know all numbers of one district."""
        return tuple(attacker for attacker in self.attackers if attacker.knows_own_district)

    @property
    def fewest_of_medians(self) -> dict[str, int]:
        """Per table that publishes medians, the fewest students of one that may be told."""
        named = ((table, rules) for table, rules in self.tables.items() if rules.median)
        return {table: max(rules.thresholds.persons, rules.median.persons) for table, rules in named}

    @property
    def zeros_may_be_known(self) -> bool:
        """Whether some attacker knows that withheld counts are at least 1."""
        return any(attacker.knows_zeros_are_shown for attacker in self.attackers)


def _refuse_unknown(where: str, named: Iterable[str], there: set[str]) -> None:
    for one in named:
        if one not in there:
            raise ValueError(f"{where}: {one!r} is not a statistic of a table in this policy")


def find_policy(named: str | Path) -> Path:
    """The file of a ready policy, by its name (careful, strict, nces, texas, wisconsin), or else the file at this path.

    Raises PolicyError, with the names of the ready ones, when it is neither.
    """
    ready = {"careful": DEFAULT_POLICY} | {path.stem: path for path in sorted(READY_POLICIES.glob("*.yml"))}
    path = ready.get(str(named), Path(named))
    if not os.path.exists(path) or os.path.isdir(path):
        names = ", ".join(ready)
        raise PolicyError(f"{path.name or named}: neither a policy file nor the name of a ready policy ({names})")
    return path


def load_policy(path: str | Path = DEFAULT_POLICY) -> Policy:
    """The policy a YAML file holds, or a ready one by its name, as find_policy has it.

    Raises PolicyError, with every wrong field named, when it cannot be used.
    """
    path = find_policy(path)
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
