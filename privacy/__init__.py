"""Protects published tables against subtraction, and attacks them before anybody else does. See docs/disclosure.md."""

from privacy.attack.auditing import audit, certify
from privacy.attack.outcome import AuditReport
from privacy.attack.recovery import audit_system
from privacy.certificates import Certificates, read_certificates
from privacy.checker import CheckReport, check
from privacy.engine.items import choose_items
from privacy.engine.protection import protect
from privacy.ledger.campaign import Part, conclude, read_outcome, solve
from privacy.ledger.outcomes import Campaign, write_tables
from privacy.policy import Policy, PolicyError, load_policy
from privacy.release import Protected
from privacy.research.microdata import ExtractRefused, ExtractReport
from privacy.research.study_files import extract_study, hand_over
from privacy.research.study_plan import StudyPlan, load_plan
from privacy.structure import KEY

__all__ = [
    "KEY",
    "AuditReport",
    "Campaign",
    "Certificates",
    "CheckReport",
    "ExtractRefused",
    "ExtractReport",
    "Part",
    "Policy",
    "PolicyError",
    "Protected",
    "StudyPlan",
    "audit",
    "audit_system",
    "certify",
    "check",
    "choose_items",
    "conclude",
    "extract_study",
    "hand_over",
    "load_plan",
    "load_policy",
    "protect",
    "read_certificates",
    "read_outcome",
    "solve",
    "write_tables",
]
