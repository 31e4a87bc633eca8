"""Where direct identifiers leave the flow: the pseudonym key, the pseudonyms, and the split of tables.

This package holds the promise that no name, birth date or number of a person reaches the warehouse; a change here
wants the most careful review in the project.
"""

from intake.identity.keys import KeyMismatch, load_key
from intake.identity.pseudonyms import pseudonymise
from intake.identity.split import SplitTables, split_identity, write_identities

__all__ = ["KeyMismatch", "SplitTables", "load_key", "pseudonymise", "split_identity", "write_identities"]
