"""Protects published tables against subtraction, and attacks them before anybody else does. See docs/disclosure.md."""

from privacy.auditing import AuditReport, audit
from privacy.policy import Policy, PolicyError, load_policy
from privacy.protection import protect
from privacy.recovery import audit_system
from privacy.release import Protected

__all__ = ["AuditReport", "Policy", "PolicyError", "Protected", "audit", "audit_system", "load_policy", "protect"]
