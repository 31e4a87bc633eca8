"""From what senders deliver to raw record tables: receiving, reading, codes, and the split of direct identifiers.

Use what is exported here; everything else is this package's own business.
"""

from intake.calendar import fill_calendar
from intake.findings import FILE_RULES, FINDING_SCHEMA
from intake.identity import KeyMismatch, SplitTables, load_key, pseudonymise, split_identity, write_identities
from intake.landing import Delivery, LandedFile, Receipt, load_delivery, receive, received_at
from intake.read import RawDelivery, read_delivery
from intake.record_types import CODE_SETS, RECORD_TYPES, Column, RecordType
from intake.sources import Source, SourcesError, SourcesFile, load_sources

__all__ = [
    "CODE_SETS",
    "FILE_RULES",
    "FINDING_SCHEMA",
    "RECORD_TYPES",
    "Column",
    "Delivery",
    "KeyMismatch",
    "LandedFile",
    "RawDelivery",
    "Receipt",
    "RecordType",
    "Source",
    "SourcesError",
    "SourcesFile",
    "SplitTables",
    "fill_calendar",
    "load_delivery",
    "load_key",
    "load_sources",
    "pseudonymise",
    "read_delivery",
    "receive",
    "received_at",
    "split_identity",
    "write_identities",
]
