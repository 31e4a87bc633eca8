"""`slds catalog`: the catalog of indicators as pages for browser and printer. No script, and no figure of anybody."""

import json
import os
import re
import subprocess
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape

from orchestration.catalog_entries import GROUPS, TIERS, Entry, gather
from orchestration.dbt import PROJECT, dbt_environment, dbt_executable
from orchestration.home import Home, whole_folder
from orchestration.lineage import read_lineage

TEMPLATES = Path(__file__).with_name("templates")
DEFINITION = {
    "definition": "What it is",
    "what_it_is_not": "What it is not",
    "numerator": "Numerator",
    "denominator": "Denominator",
    "exclusions": "Who is left out",
    "attribution_rule": "Whose school it counts for",
    "unit": "Unit",
    "direction": "Which way is better",
    "edfacts_file": "EDFacts file",
    "ceds_elements": "CEDS elements",
    "e_w_indicator": "Education-to-Workforce indicator",
    "e_w_questions": "Education-to-Workforce questions",
    "driver": "Driver of improvement",
    "sources": "Sources",
    "minimum_n_note": "Small groups",
    "traps": "Traps",
}
"""Key of an indicator's meta → heading in the catalog, in the order of the page."""


def compile_manifest(home: Home) -> dict:
    """Return dbt's manifest with the SQL of every model as it is run; no warehouse is needed or touched.

    Raises `RuntimeError` with dbt's own message when the project does not compile.
    """
    target = home.root / "dbt" / "catalog"
    target.mkdir(parents=True, exist_ok=True)
    finished = subprocess.run(
        [str(dbt_executable()), "--quiet", "compile", "--project-dir", str(PROJECT), "--target-path", str(target)],
        env={**os.environ, **dbt_environment(home), "SLDS_WAREHOUSE": ":memory:"},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise RuntimeError(f"dbt could not compile the project:\n{finished.stdout}{finished.stderr}")
    return json.loads((target / "manifest.json").read_text())


def write_catalog(manifest: dict, folder: Path) -> list[Entry]:
    """Write `index.html` and one page per indicator into a folder, whole or not at all; return the entries.

    `manifest` must be of `dbt compile`. The same manifest gives the same bytes. What was in the folder is replaced.
    """
    entries = gather(manifest, read_lineage(manifest))
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"], default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = _prose
    words = {"tiers": TIERS, "groups": GROUPS, "definition": DEFINITION}
    folder.parent.mkdir(parents=True, exist_ok=True)
    with whole_folder(folder) as draft:
        index = environment.get_template("catalog_index.html").render(entries=entries, **words)
        (draft / "index.html").write_text(index, encoding="utf-8")
        for entry in entries:
            page = environment.get_template("catalog_indicator.html").render(entry=entry, entries=entries, **words)
            (draft / f"{entry.indicator.name}.html").write_text(page, encoding="utf-8")
    return entries


def _prose(name: str) -> str:
    """A name of code in words: underscores become spaces, so that long names break on a phone."""
    return re.sub(r"_+", " ", name)
