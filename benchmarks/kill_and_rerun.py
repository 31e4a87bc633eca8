"""Kill the main job at random moments, rerun it, and compare the release with an undisturbed one, byte for byte.

    .venv/bin/python benchmarks/kill_and_rerun.py --kills 10

Each kill starts from an empty home, sends SIGKILL to the whole process group at a random moment, and reruns.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
# The homes must share their key: pseudonyms, and ties between complements, hang on it.
ONE_KEY = "only for this benchmark " * 2
SLDS = [sys.executable, "-m", "orchestration.cli"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--students", type=int, default=600)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="slds-kill-"))
    subprocess.run(
        [*SLDS, "sample", str(folder / "state"), "--districts", "3", "--students", str(options.students)],
        check=True, cwd=CHECKOUT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    started = time.monotonic()
    finish(folder, folder / "undisturbed")
    length = time.monotonic() - started
    expected = published(folder / "undisturbed")
    print(f"undisturbed run: {length:.0f} s\n")
    print("| kill | after | last words | rerun | same release |\n|--:|--:|---|--:|---|")
    moments = random.Random(options.seed)
    different = 0
    for number in range(1, options.kills + 1):
        home, moment = folder / f"killed-{number}", moments.uniform(0.02, 0.98) * length
        words = kill_after(folder, home, moment)
        started = time.monotonic()
        finish(folder, home)
        same = published(home) == expected
        different += not same
        print(
            f"| {number} | {moment:.1f} s | {words} | {time.monotonic() - started:.0f} s | {'yes' if same else 'NO'} |",
            flush=True,
        )
        shutil.rmtree(home)
    shutil.rmtree(folder)
    raise SystemExit(1 if different else 0)


def start(folder: Path, home: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [*SLDS, "run", "--sources", str(folder / "state" / "sources.yml")],
        env={**os.environ, "SLDS_HOME": str(home), "SLDS_PSEUDONYM_KEY": ONE_KEY},
        cwd=CHECKOUT, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(folder: Path, home: Path) -> None:
    """Run to the end; stop everything if that fails."""
    process = start(folder, home)
    _, errors = process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"a plain run ended with {process.returncode}:\n{errors}")


def kill_after(folder: Path, home: Path, seconds: float) -> str:
    """Kill the run and all its children after so many seconds; return its last progress line."""
    process = start(folder, home)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    _, errors = process.communicate()
    lines = [line.strip() for line in errors.splitlines() if " s  " in line]
    return lines[-1].split(" s  ", 1)[1] if lines else "(nothing yet)"


def published(home: Path) -> dict[str, bytes]:
    """Return every file that is served: the current release (with its id) and the extracts."""
    release = (home / "releases" / "current").resolve()
    files = [*release.iterdir(), *(home / "marts").rglob("*.parquet")]
    return {str(path.relative_to(home)): path.read_bytes() for path in sorted(files)}


if __name__ == "__main__":
    main()
