"""A district's correction after the release of disclosure_scale.py: wall and CPU seconds until it is in the ledger.

Usage: python benchmarks/disclosure_rerelease.py FOLDER [--district D0005] [--indicators 1] [--of 6] [--processes 2]

The last year of as many indicators is corrected in one district: three students of one of its schools get the outcome,
so their groups change there, in the district, its region and the state. Every call is one more release. `--of`: how
many indicators the tables were made with.
"""

import argparse
import time
from pathlib import Path

import polars as pl
from disclosure_scale import correct, open_campaign, put_table, tell, use_processors

from privacy.ledger.campaign import conclude, list_parts, solve


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("folder", type=Path)
    options.add_argument("--district", default="D0005")
    for name, default in (("indicators", 1), ("of", 6), ("processes", 2)):
        options.add_argument(f"--{name}", type=int, default=default)
    chosen = options.parse_args()
    campaign = open_campaign(chosen.folder, chosen.of)
    files = sorted(campaign.tables.glob("*.parquet"))
    last = max(path.stem.rpartition(".")[2] for path in files)
    for path in [path for path in files if path.stem.endswith(last)][: chosen.indicators]:
        put_table(correct(pl.read_parquet(path), chosen.district), campaign.tables)
    start, used = time.perf_counter(), use_processors()
    parts = solve(campaign, processes=chosen.processes, progress=tell(start))
    new = [part for part in parts if part.is_new]
    solved = time.perf_counter() - start
    release = f"correction-{len(campaign.ledger.entries('public'))}"
    conclude(campaign, release)
    wall, cpu = time.perf_counter() - start, use_processors() - used
    print(
        f"{len(new)} parts solved and passed in {solved:.1f} s; in the ledger after {wall:.1f} s wall, {cpu:.1f} CPU s"
    )
    print(f"{sum(part.is_new for part in list_parts(campaign))} parts are new now")


if __name__ == "__main__":
    main()
