"""Protects published tables against subtraction, and attacks them before anybody else does. See docs/disclosure.md."""

from privacy.auditing import AuditReport, audit, certify
from privacy.campaign import Campaign, Part, conclude, read_outcome, solve, write_tables
from privacy.certificates import Certificates, read_certificates
from privacy.checker import CheckReport, check
from privacy.items import choose_items
from privacy.policy import Policy, PolicyError, load_policy
from privacy.protection import protect
from privacy.recovery import audit_system
from privacy.release import Protected
from privacy.structure import KEY

__all__ = [
    "KEY",
    "AuditReport",
    "Campaign",
    "Certificates",
    "CheckReport",
    "Part",
    "Policy",
    "PolicyError",
    "Protected",
    "audit",
    "audit_system",
    "certify",
    "check",
    "choose_items",
    "conclude",
    "load_policy",
    "protect",
    "read_certificates",
    "read_outcome",
    "solve",
    "write_tables",
]
