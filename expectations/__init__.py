"""Is what was sent right, and is it believable? Row contracts, rules across tables, suites, the report to the sender.

Nothing heavy is imported until it is used: pandera costs over a second, Great Expectations five.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "FINDING_SCHEMA": "findings",
    "RULES": "rules",
    "Rule": "rules",
    "rule": "rules",
    "CheckFailed": "delivery",
    "CheckedDelivery": "delivery",
    "check_delivery": "delivery",
    "empty_records": "rows",
    "record_columns": "rows",
    "Candidate": "suites.profile",
    "profile_deliveries": "suites.profile",
    "VERDICT_SCHEMA": "suites.judge",
    "judge_deliveries": "suites.judge",
    "write_feedback": "report",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
