"""A SQLAlchemy dialect for DuckDB whose results survive the return of the connection to the pool.

Great Expectations hands the connection back before it fetches, which ends a DuckDB result ("list index out of range").
Reading all rows when the statement runs mends it; the results are one row per expectation, so nothing grows.
"""

import duckdb_engine
from sqlalchemy.dialects import registry
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

URL_SCHEME = "duckdb+buffered"


class BufferedContext(duckdb_engine.Dialect.execution_ctx_cls):
    """Fetches every row as soon as a statement with a result has run."""

    def _setup_result_proxy(self):
        if self.cursor is not None and self.cursor.description:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(self.cursor, self.cursor.description)
        return super()._setup_result_proxy()


class BufferedDialect(duckdb_engine.Dialect):
    """DuckDB's dialect with buffered results."""

    execution_ctx_cls = BufferedContext
    supports_statement_cache = False


def register_dialect() -> str:
    """Makes the dialect known to SQLAlchemy and returns the scheme of its URLs."""
    registry.register("duckdb.buffered", __name__, BufferedDialect.__name__)
    return URL_SCHEME
