"""`slds` as its user runs it: a process of its own, on a home."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.home import CHECKOUT
from tests import turns

SLDS = [sys.executable, "-m", "orchestration.cli"]


@contextmanager
def at_turn(home: Path) -> Iterator[dict[str, str]]:
    """Yield the environment in which `slds` finds this home, at the path that all homes of the worker have in turn."""
    home.mkdir(parents=True, exist_ok=True)
    turns.bring_parsed(home / "dbt" / "parsed")
    yield {**os.environ, "SLDS_HOME": str(turns.take(home))}
    turns.keep_parsed(home / "dbt" / "parsed", "manifest.json", "semantic_manifest.json", "parsed.json")


def slds(home: Path, *arguments, **environment: str) -> subprocess.CompletedProcess:
    """Run the command and return how it ended; variables of the environment by name."""
    with at_turn(home) as settings:
        return subprocess.run(
            [*SLDS, *map(str, arguments)],
            env={**settings, **environment}, capture_output=True, text=True, cwd=CHECKOUT, check=False, timeout=900,
        )  # fmt: skip


def start_and_kill(home, sources, last_words):
    """Start a run, and kill all its processes a while after it has said these words."""
    started = time.monotonic()
    with at_turn(home) as settings:
        process = subprocess.Popen(
            [*SLDS, "run", "--sources", str(sources)],
            env=settings, cwd=CHECKOUT, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        for line in process.stderr:
            if last_words in line:
                break
        time.sleep((time.monotonic() - started) * 0.1)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
