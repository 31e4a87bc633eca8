"""Work shared by several processes, of which the one that asks is one: whoever is free takes the next item.

A process takes one to two seconds to start, as long as a correction of a part takes to solve: nobody waits for it.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

THREADS = "POLARS_MAX_THREADS"  # what Polars asks for when it is loaded


def take_turns(
    work: Callable[..., None], items: Sequence[tuple], *, processes: int, report: Callable[[int], None]
) -> list[BaseException]:
    """Calls `work(*item)` for every item, each once, in up to so many processes; gives what it raised.

    `work` and items are pickled. `report` is called with how many are done. If this process is interrupted, the others
    end with the item they are at.
    """
    others = min(processes, len(items)) - 1
    if others < 1:
        return _take(work, items, None, report)
    with ProcessPoolExecutor(others, mp_context=get_context("spawn")) as pool, TemporaryDirectory() as turns:
        share = partial(_take, work, items, Path(turns))
        with _one_thread_each():
            jobs = [pool.submit(share) for _ in range(others)]
        failed = share(report)
        for job in jobs:
            failed += [job.exception()] if job.exception() else job.result()
        report(len(items))
    return failed


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started meanwhile compute with one thread, if nothing else is set; the one that asks keeps its own.

    Most of what a part takes is too small for more: threads of several processes wait for each other.
    """
    before = os.environ.get(THREADS)
    os.environ[THREADS] = before or "1"
    try:
        yield
    finally:
        if not before:
            os.environ.pop(THREADS, None)


def _take(
    work: Callable[..., None], items: Sequence[tuple], turns: Path | None, report: Callable[[int], None] | None = None
) -> list[BaseException]:
    """Works on the items nobody else took; what that raised. A file in `turns` says that one is taken, or done."""
    failed = []
    for number, item in enumerate(items):
        try:
            if turns:
                (turns / str(number)).touch(exist_ok=False)
        except FileExistsError:
            continue
        except FileNotFoundError:  # whoever asked is gone
            break
        try:
            work(*item)
        except Exception as error:  # raised when all else is done
            failed.append(error)
        if turns:
            (turns / f"{number}.done").touch()
        if report:
            report(len(list(turns.glob("*.done"))) if turns else number + 1)
    return failed
