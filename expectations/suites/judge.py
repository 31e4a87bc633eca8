"""Great Expectations over the delivery profile: one validation for the whole night, its verdicts and its Data Docs."""

import os
import re
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import yaml

from expectations.rules import rule
from expectations.suites.profile import PROFILE_TABLE

VERDICT_SCHEMA = {
    "source_id": pl.String,
    "school_year": pl.Int64,
    "record_type": pl.String,
    "rule": pl.Int64,
    "severity": pl.String,
    "metric": pl.String,
    "observed": pl.Float64,
    "message": pl.String,
}
"""One row per delivery, record type and expectation that does not hold; `observed` is a count, ratio or share."""

DELIVERY = ["source_id", "school_year", "record_type"]
SUITE = "believable_deliveries"


@cache
def load_thresholds() -> tuple[dict[str, Any], ...]:
    """The entries of thresholds.yml, in order."""
    return tuple(yaml.safe_load(Path(__file__).with_name("thresholds.yml").read_text(encoding="utf-8")))


def judge_deliveries(profile_db: str | Path | duckdb.DuckDBPyConnection, *, docs_dir: Path) -> pl.DataFrame:
    """The verdicts (VERDICT_SCHEMA) on the deliveries in table `delivery_profile` of a database, fatal and warning.

    `profile_db` is a DuckDB file nobody is writing to, or an open connection. Writes the Data Docs of the validation to
    `docs_dir/index.html`, the same bytes for the same profile. Raises RuntimeError if an expectation could not be run.
    """
    with tempfile.TemporaryDirectory(prefix="slds-profile-") as folder:
        database = Path(folder) / "profile.duckdb"
        profile = _copy_profile(profile_db, database)
        if profile.is_empty():
            return pl.DataFrame(schema=VERDICT_SCHEMA)
        result = _validate(database)
    _write_docs(result, docs_dir)
    return _read_verdicts(result)


def _copy_profile(profile_db: str | Path | duckdb.DuckDBPyConnection, database: Path) -> pl.DataFrame:
    """Copies the profile to a file of its own: DuckDB lets one process open a file, and ours may be in use."""
    query = f"select * from {PROFILE_TABLE}"
    if isinstance(profile_db, duckdb.DuckDBPyConnection):
        profile = profile_db.sql(query).pl()
    else:
        with duckdb.connect(str(profile_db), read_only=True) as source:
            profile = source.sql(query).pl()
    with duckdb.connect(str(database)) as target:
        target.register("profile", profile)
        target.execute(f"create table {PROFILE_TABLE} as select * from profile")
    return profile


def _validate(database: Path) -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when GX is imported; it would report usage by default
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    from expectations.suites.duckdb_dialect import register_dialect

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    url = f"{register_dialect()}:///{database}"
    source = context.data_sources.add_sql("delivery_profile", connection_string=url, create_temp_table=False)
    night = source.add_table_asset(PROFILE_TABLE, table_name=PROFILE_TABLE).add_batch_definition_whole_table("night")
    suite = context.suites.add(gx.ExpectationSuite(name=SUITE, expectations=_expectations()))
    definition = context.validation_definitions.add(gx.ValidationDefinition(name=SUITE, data=night, suite=suite))
    try:
        # COMPLETE names the deliveries that fail; the only values it holds are the profile's counts and shares
        return definition.run(
            result_format={"result_format": "COMPLETE", "unexpected_index_column_names": DELIVERY}
        )
    finally:
        source.get_execution_engine().engine.dispose()


def _expectations() -> list[Any]:
    from great_expectations.expectations import ExpectColumnValuesToBeBetween

    return [
        ExpectColumnValuesToBeBetween(
            column=limit["metric"],
            min_value=limit.get("min"),
            max_value=limit.get("max"),
            row_condition=_condition(limit),
            meta={"rule": limit["rule"], "severity": rule(limit["rule"]).severity},
        )
        for limit in load_thresholds()
    ]


def _condition(limit: dict[str, Any]) -> Any:
    """The rows an expectation is asked of; None is all of them."""
    from great_expectations.expectations.row_conditions import Column

    asked = [Column(name) >= limit[name] for name in ("row_count", "previous_row_count") if name in limit]
    if "record_type" in limit:
        asked.append(Column("record_type") == limit["record_type"])
    if "except" in limit:
        asked.append(Column("record_type") != limit["except"])
    condition = asked[0] if asked else None
    for more in asked[1:]:
        condition = condition & more
    return condition


def _read_verdicts(result: Any) -> pl.DataFrame:
    rows = []
    for outcome, limit in zip(_in_order(result), load_thresholds(), strict=True):
        broken = rule(limit["rule"])
        for at in outcome.result.get("unexpected_index_list") or []:
            observed = float(at[limit["metric"]])
            message = f"{broken.title}: {limit['metric']} is {observed:g}, {_limit_in_words(limit)}"
            rows.append(
                (*(at[name] for name in DELIVERY), broken.number, broken.severity, limit["metric"], observed, message)
            )
    return pl.DataFrame(rows, schema=VERDICT_SCHEMA, orient="row").sort(*DELIVERY, "rule", "metric")


def _in_order(result: Any) -> list[Any]:
    """The outcomes in the order of thresholds.yml, which GX does not keep."""
    by_limit = {}
    for outcome in result.results:
        if (outcome.exception_info or {}).get("raised_exception", False) or not outcome.result:
            raise RuntimeError(f"the expectation of rule {outcome.expectation_config.meta['rule']} could not be run")
        by_limit[outcome.expectation_config.meta["rule"], outcome.expectation_config.kwargs["column"]] = outcome
    return [by_limit[limit["rule"], limit["metric"]] for limit in load_thresholds()]


def _limit_in_words(limit: dict[str, Any]) -> str:
    words = [f"at least {limit['min']:g}"] if "min" in limit else []
    words += [f"at most {limit['max']:g}"] if "max" in limit else []
    return "allowed is " + " and ".join(words)


EXTERNAL = re.compile(r"<script[^>]*\bsrc=[^>]*>\s*</script>|<link[^>]*\bhref=[^>]*>|<img[^>]*>|url\([^)]*\)", re.I)
FOREIGN_LINK = re.compile(r'\bhref="https?://[^"]*"', re.I)
IDENTIFIER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def _write_docs(result: Any, docs_dir: Path) -> Path:
    """Renders GX's page without what it would fetch from elsewhere, and with its random ids numbered in order."""
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    result.meta = {}
    result.results = _in_order(result)
    page = DefaultJinjaPageView().render(ValidationResultsPageRenderer(run_info_at_end=True).render(result))
    page = FOREIGN_LINK.sub("", EXTERNAL.sub("", page))
    seen: dict[str, str] = {}
    page = IDENTIFIER.sub(lambda found: seen.setdefault(found[0], f"expectation-{len(seen) + 1}"), page)
    docs_dir.mkdir(parents=True, exist_ok=True)
    written = docs_dir / "index.html"
    unfinished = docs_dir / "index.html.part"
    unfinished.write_text(page, encoding="utf-8")
    return unfinished.replace(written)
