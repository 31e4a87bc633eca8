"""How much of what New Jersey withheld from its published grade 4 results of 2014 follows from what it published.

Usage: python benchmarks/attack_new_jersey.py [--search]
Prints which sums hold in the file, and counts of withheld numbers that can be worked out; no value and no place. With
--search the audit settles what bounds leave open of the numbers of valid scores, from the counts of students in schools
and districts alone: with percentages and the whole state besides it did not end within five minutes.
"""

import gzip
import shutil
import sys
import tempfile
import time
from pathlib import Path

import yaml

from privacy.foreign.others import attack_release, describe_exposure

DATA = Path("data/nj-public-aggregates/nj2014gr4.csv.gz")
RELATIONS = Path(__file__).with_name("new_jersey_2014.yml")


def find_data() -> Path:
    """The file in the folder of shared data beside the checkout. Raises FileNotFoundError."""
    for parent in Path(__file__).resolve().parents:
        if (parent / "shared" / DATA).exists():
            return parent / "shared" / DATA
    raise FileNotFoundError(f"shared/{DATA} is not beside the checkout")


def _keep_counts(rules: dict) -> dict:
    """The relations between counts of students in schools and districts; the statistic to attack."""
    counts = {name: rule for name, rule in rules["statistics"].items() if rule["kind"] == "count"}
    return {
        **rules,
        "statistics": counts,
        "tables": {
            name: {"columns": {one: column for one, column in table["columns"].items() if one in counts}}
            for name, table in rules["tables"].items()
        },
        "sums": [one for one in rules["sums"] if set(one["parts"]) <= set(counts)],
        "hierarchies": [one for one in rules["hierarchies"] if one["children"] == "school"],
        "attacked": ["valid"],
    }


def main(search: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        release, relations = Path(folder) / "release.csv", Path(folder) / "relations.yml"
        with gzip.open(find_data()) as packed, release.open("wb") as plain:
            shutil.copyfileobj(packed, plain)
        rules = yaml.safe_load(RELATIONS.read_text())
        relations.write_text(yaml.safe_dump(_keep_counts(rules) if search else rules, sort_keys=False))
        start = time.process_time()
        exposure = attack_release(release, relations, search=search)
    print("\n".join(describe_exposure(exposure)))
    print(f"{time.process_time() - start:.1f} seconds of CPU")


if __name__ == "__main__":
    main("--search" in sys.argv)
