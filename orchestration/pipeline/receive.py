"""Step 1: take in what the sources have sent, and remember per turn what arrived last."""

import logging
from dataclasses import dataclass
from pathlib import Path

import intake
from orchestration.home import hash_json, read_json, write_json
from orchestration.workspace import NO_LIMIT, Scope, Turn, Workspace

log = logging.getLogger("openslds.receive")


@dataclass(frozen=True)
class Arrival:
    """What a source sent last for a school year.

    `batch_id` is None as long as nothing usable has ever arrived; `problems` are the findings of the
    newest attempt (rule numbers and file names) when it could not be landed whole.
    """

    turn: Turn
    batch_id: str | None
    is_new: bool
    problems: list[dict]


def receive_deliveries(workspace: Workspace, scope: Scope = NO_LIMIT) -> list[Arrival]:
    """Land what each source in scope has sent; return one `Arrival` per turn of the state, in order.

    A source that cannot be read is one arrival with a problem and stops nobody else. Only the holder of the home's
    writer's turn may call this: a pointer that moved under a run would be taken for work it has done.
    """
    signature = None if scope != NO_LIMIT else drop_signature(workspace)
    arrivals = []
    for turn in workspace.turns():
        arrival = _receive_turn(workspace, turn) if scope.includes(turn) else _remembered(workspace, turn)
        arrivals.append(arrival)
    write_json(workspace.home.looked_at, {"drop_signature": signature})
    fresh = sum(arrival.is_new for arrival in arrivals)
    log.info("received: %d of %d deliveries are new", fresh, len(arrivals))
    return arrivals


def _receive_turn(workspace: Workspace, turn: Turn) -> Arrival:
    receipt = intake.receive(turn.source, turn.school_year, home=workspace.home.root)
    pointer = workspace.home.latest(turn.source.id, turn.school_year)
    before = read_json(pointer) or {}
    batch_id = receipt.delivery.batch_id if receipt.delivery else before.get("batch_id")
    problems = receipt.findings.to_dicts()
    is_new = receipt.delivery is not None and batch_id != before.get("batch_id")
    write_json(pointer, {"batch_id": batch_id, "problems": problems})
    if problems:
        log.warning(
            "%s: %d problem(s) on arrival, rules %s",
            turn.name,
            len(problems),
            sorted({problem["rule"] for problem in problems}),
        )
    return Arrival(turn, batch_id, is_new, problems)


def _remembered(workspace: Workspace, turn: Turn) -> Arrival:
    pointer = read_json(workspace.home.latest(turn.source.id, turn.school_year)) or {}
    return Arrival(turn, pointer.get("batch_id"), False, pointer.get("problems", []))


def remembered_arrivals(workspace: Workspace) -> list[Arrival]:
    """Return what arrived last for every turn, without looking at the sources again."""
    return [_remembered(workspace, turn) for turn in workspace.turns()]


def drop_signature(workspace: Workspace) -> str:
    """Return a hash of the names, sizes and times of all files under the feeds' folders; reads no file."""
    seen = []
    for turn in workspace.turns():
        for feed in turn.source.feeds:
            path = turn.source.locate(feed, turn.school_year)
            files = sorted(path.rglob("*")) if path.is_dir() else [path]
            seen += [(str(file), *_stamp(file)) for file in files if file.is_file()]
    return hash_json(sorted(seen))


def _stamp(file: Path) -> tuple[int, int]:
    stat = file.stat()
    return stat.st_size, stat.st_mtime_ns
