"""What is said inside the state's own walls of numbers that earlier releases lost. The public is told none of it.

What is lost, and why nothing protects it: docs/disclosure-ledger.md. No imports here: every command loads this.
"""


def tell_lost(lost: dict) -> str:
    """How many numbers are lost (`numbers`) and which file names them (`list`); "" where none is."""
    if not lost["numbers"]:
        return ""
    return (
        f"{lost['numbers']:,} protected numbers are lost: earlier releases tell them, or too much of them, and no "
        f"release can protect them any more. Which, and why (internal): {lost['list']}"
    )
