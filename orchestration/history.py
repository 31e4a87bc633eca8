"""Dagster's history of runs and events, in SQLite as Dagster keeps it, over connections that stay open.

Dagster opens a connection for every event and closes it, several times where the event is of an asset, and each time
SQLite waits for the disk. A night notes some 1,600 events. `dagster.yaml` names the class here; tables, files and what
stands in them are Dagster's own.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage


class History(DagsterSqliteStorage):
    """Dagster's SQLite storage, but for the event log."""

    def __init__(self, base_dir: str, inst_data=None):
        super().__init__(base_dir, inst_data=inst_data)
        self._event_log_storage = EventLog(self._event_log_storage._base_dir)

    @classmethod
    def from_config_value(cls, inst_data, config_value) -> "History":
        return cls.from_local(inst_data=inst_data, **config_value)


class EventLog(SqliteEventLogStorage):
    """The event log. A connection stays open to the index of all runs, and one to the run that was asked for last."""

    def __init__(self, base_dir: str, inst_data=None):
        self._engines: dict[str, sqlalchemy.Engine] = {}
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data=inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        with self._db_lock, self._engine_of(shard).connect() as connection, connection.begin():
            yield connection

    def _engine_of(self, shard: str) -> sqlalchemy.Engine:
        if shard not in self._engines:
            self._close({*self._engines} - {INDEX_SHARD_NAME})  # a file per run: who looks at many would hold all open
            engine = sqlalchemy.create_engine(
                self.conn_string_for_shard(shard),
                poolclass=sqlalchemy.QueuePool,
                pool_size=1,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS},
            )
            sqlalchemy.event.listen(engine, "connect", _wait_for_the_disk_seldom)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            self._engines[shard] = engine
        return self._engines[shard]

    def has_table(self, table_name: str) -> bool:
        """Tell whether the index has a table; asked with every event of an asset, so looked for until it is found."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def _close(self, shards: set[str]) -> None:
        for shard in shards:
            self._engines.pop(shard).dispose()

    def wipe(self) -> None:
        self._close({*self._engines})
        super().wipe()

    def dispose(self) -> None:
        super().dispose()
        self._close({*self._engines})


def _wait_for_the_disk_seldom(connection, _record) -> None:
    """A process that is killed loses no event, a power failure at most the last ones, and neither harms the file."""
    connection.execute("pragma synchronous = normal")
