"""The numbered catalogue of rules: what each finding means and how a sender mends it.

The text lives in `rules.yml`. Row rules are written there as a kind ("missing") and a column, and are spelled out here,
so that "birth_date is missing" is worded like every other missing column. What a rule tests lives with the contracts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

SEVERITIES = ("error", "warning", "fatal")
RULES_PER_RECORD_TYPE = 100
FIRST_ROW_RULE = 1000
REPEATED_OFFSET, CONTRADICTED_OFFSET = 98, 99


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong.

    `number` is for ever. `record_type` and `column` are None where the rule is not about one. `kind` is the shared
    wording a row rule was made from ("missing", "outside"), None elsewhere. The school years bound when it applies,
    both inclusive, None = unbounded.
    """

    number: int
    title: str
    severity: str
    meaning: str
    how_to_mend: str
    record_type: str | None = None
    column: str | None = None
    kind: str | None = None
    first_school_year: int | None = None
    last_school_year: int | None = None

    def applies_to(self, school_year: int) -> bool:
        """Whether the rule was in force in `school_year` (the spring year)."""
        starts = self.first_school_year is None or self.first_school_year <= school_year
        return starts and (self.last_school_year is None or school_year <= self.last_school_year)


@cache
def load_rules() -> Mapping[int, Rule]:
    """The catalogue, number → `Rule`, ascending. Raises ValueError if a number is used twice or out of its block."""
    document = yaml.safe_load(Path(__file__).with_name("rules.yml").read_text(encoding="utf-8"))
    rules: dict[int, Rule] = {}
    for made in _expand(document):
        if made.number in rules:
            raise ValueError(f"rules.yml: number {made.number} is used twice")
        if made.severity not in SEVERITIES:
            raise ValueError(f"rules.yml: rule {made.number} has no known severity")
        rules[made.number] = made
    return MappingProxyType(dict(sorted(rules.items())))


def rule(number: int) -> Rule:
    """The rule of that number. Raises KeyError, with a message, if there is none."""
    try:
        return load_rules()[number]
    except KeyError:
        raise KeyError(f"there is no rule {number} in expectations/rules.yml") from None


@cache
def row_rules(record_type: str) -> Mapping[tuple[str, str | None], Rule]:
    """The row rules of one record type by (kind, column); `repeated` and `contradicted` have no column."""
    found = {(r.kind, r.column): r for r in load_rules().values() if r.kind and r.record_type == record_type}
    return MappingProxyType(found)


def _expand(document: dict[str, Any]) -> Iterator[Rule]:
    for section in ("files", "relations", "volumes"):
        for number, entry in document[section].items():
            yield Rule(number=number, **entry)
    kinds = document["kinds"] | document["contradictions"]
    blocks: set[int] = set()
    for record_type, by_kind in document["rows"].items():
        first = min(min(entries) for entries in by_kind.values())
        base = first - first % RULES_PER_RECORD_TYPE
        if base in blocks or base < FIRST_ROW_RULE:
            raise ValueError(f"rules.yml: the block of {record_type} is not its own")
        blocks.add(base)
        by_kind = by_kind | {
            "repeated": {base + REPEATED_OFFSET: None},
            "contradicted": {base + CONTRADICTED_OFFSET: None},
        }
        for kind, entries in by_kind.items():
            for number, target in entries.items():
                if number // RULES_PER_RECORD_TYPE != base // RULES_PER_RECORD_TYPE:
                    raise ValueError(f"rules.yml: rule {number} is outside the block of {record_type}")
                yield _row_rule(number, kind, kinds[kind], record_type, target, document["shapes"])


def _row_rule(number: int, kind: str, wording: dict, record_type: str, target: Any, shapes: dict) -> Rule:
    column, detail = target if isinstance(target, list) else (target, "")
    words = {"column": column, "allowed": detail, "shape": shapes.get(detail, detail)}
    text = {key: wording[key].format(**words) for key in ("title", "meaning", "how_to_mend")}
    years = {key: wording[key] for key in ("first_school_year", "last_school_year") if key in wording}
    return Rule(
        number=number, severity=wording["severity"], record_type=record_type, column=column, kind=kind, **text, **years
    )


def __getattr__(name: str) -> Any:
    """`RULES` is read from its file when first asked for: importing a package does no I/O."""
    if name == "RULES":
        return load_rules()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
