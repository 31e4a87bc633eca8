"""Dagster resources: what assets read and write through."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from orchestration.home import Home
from orchestration.workspace import Workspace


class Slds(dg.ConfigurableResource):
    """One state's home, sources file and policy, held by one writer for the length of a run.

    The pseudonym key is not a field: Dagster shows a resource's fields.
    """

    home: str
    sources: str
    policy: str

    def workspace(self) -> Workspace:
        from orchestration.defs.resources import configured_key

        return Workspace(Home(Path(self.home)), Path(self.sources), Path(self.policy), configured_key())

    @contextmanager
    def yield_for_execution(self, context) -> Iterator["Slds"]:
        with Home(Path(self.home)).writer():
            yield self
