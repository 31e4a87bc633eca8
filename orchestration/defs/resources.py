"""Settings and resources. This is the only file that names environment variables."""

import os
from pathlib import Path

import dagster as dg

from orchestration.home import CHECKOUT, Home, read_json
from orchestration.resources import Slds
from orchestration.workspace import DEFAULT_POLICY, Workspace


def configured_home() -> Home:
    """SLDS_HOME, or `.slds/` in the checkout.

    A link stays a link: the folder behind it may move, and dbt parses anew when the path of its warehouse changes.
    """
    return Home(Path(os.environ.get("SLDS_HOME") or CHECKOUT / ".slds").absolute())


def configured_sources() -> Path:
    """SLDS_SOURCES, or the sources file of the last run, or the made-up state's."""
    home = configured_home()
    named = os.environ.get("SLDS_SOURCES") or (read_json(home.last_run) or {}).get("sources")
    return Path(named).resolve() if named else home.sample_sources


def configured_policy() -> Path:
    """The file SLDS_POLICY names, by its path or as a ready policy, or the project's careful default.

    Raises PolicyError when it names neither.
    """
    named = os.environ.get("SLDS_POLICY")
    if not named:
        return DEFAULT_POLICY
    from privacy.policy import PolicyError, find_policy  # here: a second that commands without a policy need not wait

    try:
        return find_policy(named).resolve()
    except PolicyError as error:
        raise PolicyError(f"SLDS_POLICY: {error}") from None


def configured_key() -> str | None:
    """SLDS_PSEUDONYM_KEY, or None: then the key is kept in `SLDS_HOME/private/`."""
    return os.environ.get("SLDS_PSEUDONYM_KEY") or None


def configured_workspace() -> Workspace:
    """The configured home, sources and policy, without a writer's turn: for those who only look."""
    return Workspace(configured_home(), configured_sources(), configured_policy(), configured_key())


def point_dagster_at(home: Home) -> None:
    """Make this home's folder Dagster's own, with the settings of the checkout's `dagster.yaml`.

    Dagster writes beside its settings file, so a copy is kept in the home: nothing is written into the checkout.
    """
    folder = home.root / "dagster"
    settings = (CHECKOUT / "dagster.yaml").read_text()
    if not (folder / "dagster.yaml").exists() or (folder / "dagster.yaml").read_text() != settings:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "dagster.yaml").write_text(settings)
    os.environ["DAGSTER_HOME"] = os.environ["SLDS_DAGSTER_DIR"] = str(folder)
    os.environ["SLDS_DAGSTER_LOGS"] = str(folder / "logs")


@dg.definitions
def defs() -> dg.Definitions:
    """The resources, pointed at the configured home."""
    from orchestration.dbt import dbt_resource

    home = configured_home()
    slds = Slds(home=str(home.root), sources=str(configured_sources()), policy=str(configured_policy()))
    return dg.Definitions(resources={"slds": slds, "dbt": dbt_resource(home)})
