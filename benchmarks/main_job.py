"""Time and peak memory of the main job on a made-up state, by stage; what a rerun and one changed district cost.

    .venv/bin/python benchmarks/main_job.py --students 10000 --students 100000

Prints a Markdown table. Each size runs in a home of its own in a temporary folder (or under --folder, which is kept).
Peak memory is the resident memory of the whole process tree, looked at every 50 ms.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
SLDS = Path(sys.executable).with_name("slds")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, action="append", help="sizes to run (default 2400)")
    parser.add_argument("--districts", type=int, default=0, help="default: one per 500 students, 6 to 60")
    parser.add_argument("--folder", type=Path, help="keep the states and homes here")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="slds-benchmark-"))
    print("| students | districts | step | seconds | peak MiB |\n|--:|--:|---|--:|--:|")
    for students in options.students or [2400]:
        districts = options.districts or max(6, min(60, students // 500))
        measure_size(folder / str(students), students, districts)
    if not options.folder:
        shutil.rmtree(folder)


def measure_size(folder: Path, students: int, districts: int) -> None:
    """Make a state of this size, run it, run it again unchanged, and once more with one district's file changed."""
    state, home = folder / "state", folder / "home"
    environment = {**os.environ, "SLDS_HOME": str(home), "SLDS_SOURCES": str(state / "sources.yml")}

    def row(step: str, seconds: float, peak: float | None = None) -> None:
        print(f"| {students:,} | {districts} | {step} | {seconds:.1f} | {f'{peak:,.0f}' if peak else ''} |", flush=True)

    row("make the state", *timed(["sample", state, "--districts", districts, "--students", students], environment))
    row("**first run**", *timed(["run"], environment))
    for stage, seconds in stage_seconds(home, environment):
        row(f"of it: {stage}", seconds)
    row("run again, nothing new", *timed(["run"], environment))
    change_one_district(state)
    row("run again, one district changed", *timed(["run"], environment))
    for stage, seconds in stage_seconds(home, environment):
        row(f"of it: {stage}", seconds)


def timed(arguments: list, environment: dict) -> tuple[float, float]:
    """Run `slds` with these arguments; return wall seconds and peak MiB of its process tree. Stop on a failed run."""
    started = time.monotonic()
    process = subprocess.Popen(
        [str(SLDS), *map(str, arguments)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=CHECKOUT,
    )
    peak = Peak(process.pid)
    peak.start()
    _, errors = process.communicate()
    if process.returncode not in (0, 3):
        raise SystemExit(f"slds {arguments[0]} ended with {process.returncode}:\n{errors.decode()}")
    return time.monotonic() - started, peak.mebibytes()


class Peak(threading.Thread):
    """Watches the summed resident memory of a process and all its children."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.pages = pid, 0

    def run(self) -> None:
        while Path(f"/proc/{self.pid}").exists():
            self.pages = max(self.pages, sum(map(resident_pages, family(self.pid))))
            time.sleep(0.05)

    def mebibytes(self) -> float:
        return self.pages * PAGE_BYTES / 2**20


def family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(each for child in children for each in family(int(child)))]


def resident_pages(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0


def stage_seconds(home: Path, environment: dict) -> list[tuple[str, float]]:
    """Return each step of the last run with its seconds, from Dagster's own record of it."""
    code = (
        "import json, dagster as dg\n"
        "from orchestration.defs.resources import configured_home, point_dagster_at\n"
        "point_dagster_at(configured_home())\n"
        "with dg.DagsterInstance.get() as instance:\n"
        "    run = instance.get_runs(limit=1)[0]\n"
        "    steps = instance.get_run_step_stats(run.run_id)\n"
        "    print(json.dumps(sorted([s.start_time, s.step_key, s.end_time - s.start_time] for s in steps)))\n"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, cwd=CHECKOUT
    )
    return [(step, seconds) for _, step, seconds in json.loads(output.stdout.splitlines()[-1])]


def change_one_district(state: Path) -> None:
    """Drop the last attendance row of one district that sends CSV: the smallest real change."""
    path = sorted((state / "districts").rglob("attendance.csv"))[0]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))


if __name__ == "__main__":
    main()
