"""How `slds` ends: its exit codes, and the refusal of wrong usage."""

OK, FAILED, USAGE, PARTLY = 0, 1, 2, 3
"""All well; the run failed; wrong usage or configuration; it ran, but some source was rejected or is
late, or some study has no extract."""


class Refused(Exception):
    """Wrong usage or configuration; the message says what and how to mend it."""
