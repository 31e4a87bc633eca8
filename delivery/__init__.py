"""What leaves the warehouse: immutable public releases, and the extracts each tier pulls.

Plain functions of tables and folders. Nothing here decides what may be shown: a release is handed tables that
have passed the audit, and an extract is handed one tier's rows with the keys they are filtered by.
"""

from delivery.extracts import Extract, write_extract
from delivery.releases import Release, ReleaseError, TableDescription, current_release, list_releases, write_release

__all__ = [
    "Extract",
    "Release",
    "ReleaseError",
    "TableDescription",
    "current_release",
    "list_releases",
    "write_extract",
    "write_release",
]
