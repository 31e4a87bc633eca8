"""How dbt is called: where its project, profile and target are, and the two parts the privacy step stands between."""

import importlib.metadata
import os
import subprocess
import sys
from functools import cached_property
from pathlib import Path

from dagster_dbt import DagsterDbtTranslator, DbtCliResource, DbtProject
from packaging.version import Version

from orchestration.home import CHECKOUT, Home, hash_code, hash_files, read_json, write_json

PROJECT = CHECKOUT / "dbt_project"
# The two parts of the project, by its own selectors (dbt_project/selectors.yml); the privacy step stands between them.
EXACT = "before_protection"
SERVING = "after_protection"


def dbt_executable() -> Path:
    """The dbt of the environment that runs us, whatever the PATH says."""
    return Path(sys.executable).with_name("dbt")


def dbt_environment(home: Home) -> dict[str, str]:
    """The environment variables the dbt project reads."""
    return {
        "SLDS_WAREHOUSE": str(home.warehouse),
        "DBT_LOG_PATH": str(home.root / "dbt" / "logs"),
        "DBT_TARGET_PATH": str(home.dbt_target),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DO_NOT_TRACK": "1",
    }


class Dbt(DbtCliResource):
    """Dagster's dbt resource, but for what a night pays for and nobody here uses.

    Dagster starts dbt once more to ask its version, and loads the project in its own process to be able to ask the
    warehouse for columns and row counts.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(importlib.metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args) -> None:
        return None


def dbt_resource(home: Home) -> Dbt:
    """Return Dagster's dbt resource for this home."""
    # Where Dagster looks for the parsed project, to copy it to where dbt builds.
    os.environ.update(dbt_environment(home) | {"DBT_TARGET_PATH": str(home.dbt_parsed)})
    return Dbt(
        project_dir=str(PROJECT),
        profiles_dir=str(PROJECT),
        dbt_executable=str(dbt_executable()),
        # Nobody reads what dbt would write of the same manifest again, at two seconds a build.
        global_config_flags=["--no-use-colors", "--no-write-json"],
    )


def dbt_project(home: Home) -> DbtProject:
    """Return the project with its manifest under `SLDS_HOME`, parsed when the models have changed."""
    prepare_manifest(home)
    return DbtProject(project_dir=PROJECT, target_path=home.dbt_parsed, profiles_dir=PROJECT)


def prepare_manifest(home: Home) -> Path:
    """Parse the dbt project unless the manifest is of today's models; return the manifest's path.

    Raises `RuntimeError` with dbt's own message when the project does not parse.
    """
    stamp = home.dbt_parsed / "parsed.json"
    wanted = {"models": hash_code("dbt_project"), "selectors": hash_files([PROJECT / "selectors.yml"])}
    parsed = read_json(stamp) or {}
    if home.manifest.exists() and parsed == wanted:
        return home.manifest
    home.dbt_parsed.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    if parsed.get("selectors") != wanted["selectors"]:
        # dbt does not see that selectors changed, and would keep the old ones in the manifest.
        (home.dbt_parsed / "partial_parse.msgpack").unlink(missing_ok=True)
    finished = subprocess.run(
        [str(dbt_executable()), "--quiet", "parse", "--project-dir", str(PROJECT)],
        env={**os.environ, **dbt_environment(home), "DBT_TARGET_PATH": str(home.dbt_parsed)},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise RuntimeError(f"dbt could not parse the project:\n{finished.stdout}{finished.stderr}")
    # What dbt kept beside its last build is of older models: the next build starts from this one.
    (home.dbt_target / "partial_parse.msgpack").unlink(missing_ok=True)
    write_json(stamp, wanted)
    return home.manifest


class OneNameTranslator(DagsterDbtTranslator):
    """Asset key = schema and table name; asset group = the folder, which is the stage or the tier."""

    def get_asset_key(self, dbt_resource_props):
        import dagster as dg

        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props):
        return dbt_resource_props["schema"]
