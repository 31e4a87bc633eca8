"""Settings and resources. This is the only file that names environment variables."""

import os
from pathlib import Path

import dagster as dg

from orchestration.home import CHECKOUT, Home, read_json
from orchestration.resources import Slds
from orchestration.workspace import DEFAULT_POLICY


def configured_home() -> Home:
    """SLDS_HOME, or `.slds/` in the checkout."""
    return Home(Path(os.environ.get("SLDS_HOME") or CHECKOUT / ".slds").resolve())


def configured_sources() -> Path:
    """SLDS_SOURCES, or the sources file of the last run, or the made-up state's."""
    home = configured_home()
    named = os.environ.get("SLDS_SOURCES") or (read_json(home.last_run) or {}).get("sources")
    return Path(named).resolve() if named else home.sample_sources


def configured_policy() -> Path:
    """SLDS_POLICY, or the project's careful default."""
    return Path(os.environ.get("SLDS_POLICY") or DEFAULT_POLICY).resolve()


def configured_key() -> str | None:
    """SLDS_PSEUDONYM_KEY, or None: then the key is kept in `SLDS_HOME/private/`."""
    return os.environ.get("SLDS_PSEUDONYM_KEY") or None


def point_dagster_at(home: Home) -> None:
    """Set what `dagster.yaml` reads, so that runs and events of this home are kept in it."""
    folder = home.root / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("DAGSTER_HOME", str(CHECKOUT))
    os.environ["SLDS_DAGSTER_DIR"] = str(folder)
    os.environ["SLDS_DAGSTER_LOGS"] = str(folder / "logs")


@dg.definitions
def defs() -> dg.Definitions:
    """The resources, pointed at the configured home."""
    from orchestration.dbt import dbt_resource

    home = configured_home()
    slds = Slds(home=str(home.root), sources=str(configured_sources()), policy=str(configured_policy()))
    return dg.Definitions(resources={"slds": slds, "dbt": dbt_resource(home)})
