"""Work shared by processes: each item once, and what fails stops nothing else."""

import os

import pytest

from privacy.ledger.turns import THREADS, take_turns


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_every_item_is_worked_on_once(tmp_path, processes):
    folders, seen = [tmp_path / str(n) for n in range(20)], []
    # A folder cannot be made twice.
    assert take_turns(os.mkdir, [(one,) for one in folders], processes=processes, report=seen.append) == []
    assert all(one.is_dir() for one in folders)
    assert seen == sorted(seen)
    assert seen[-1] == 20


@pytest.mark.parametrize("processes", [1, 2])
def test_what_fails_is_told_when_all_else_is_done(tmp_path, processes):
    folders = [tmp_path / str(n) for n in range(6)]
    folders[0].mkdir()
    (failed,) = take_turns(os.mkdir, [(one,) for one in folders], processes=processes, report=lambda done: None)
    assert isinstance(failed, FileExistsError)
    assert all(one.is_dir() for one in folders)


def test_nothing_to_do_is_done():
    assert take_turns(os.mkdir, [], processes=2, report=lambda done: None) == []


def test_where_the_one_who_asked_is_interrupted_the_others_end(tmp_path):
    def interrupt(done: int) -> None:
        raise KeyboardInterrupt

    folders = [tmp_path / str(n) for n in range(1000)]
    with pytest.raises(KeyboardInterrupt):
        take_turns(os.mkdir, [(one,) for one in folders], processes=2, report=interrupt)
    assert not folders[-1].exists()


@pytest.mark.parametrize(("before", "there"), [(None, "1"), ("3", "3")])
def test_a_process_beside_the_one_that_asks_has_one_thread_if_nothing_else_is_said(
    tmp_path, monkeypatch, before, there
):
    monkeypatch.delenv(THREADS, raising=False)
    if before:
        monkeypatch.setenv(THREADS, before)
    said = tmp_path / "said"
    # The process that asks takes the first item, and waits there until the other has said what it has.
    wait = f"for i in $(seq 300); do [ -e {said} ] && break; sleep 0.2; done"
    command = f'if [ "$PPID" = {os.getpid()} ]; then {wait}; else echo "${THREADS}" > {said}; fi'
    assert take_turns(os.system, [(command,)] * 2, processes=2, report=lambda done: None) == []
    assert said.read_text().strip() == there
    assert os.environ.get(THREADS) == before
