"""`SLDS_HOME`: whole files or none, one writer, hashes that notice what matters."""

import subprocess
import sys
import textwrap

import pytest

from orchestration.home import CHECKOUT, Home, HomeBusy, hash_files, read_json, whole_folder, write_json


def break_off(target):
    with whole_folder(target) as draft:
        (draft / "half.txt").write_text("half")
        raise KeyError("killed")


def test_a_folder_that_was_not_finished_is_not_there(tmp_path):
    target = tmp_path / "result"
    with pytest.raises(KeyError):
        break_off(target)
    assert not target.exists()
    with whole_folder(target) as draft:
        assert list(draft.iterdir()) == []
        (draft / "whole.txt").write_text("whole")
    assert [path.name for path in target.iterdir()] == ["whole.txt"]


def test_writing_the_same_json_again_does_not_touch_the_file(tmp_path):
    path = tmp_path / "a" / "pointer.json"
    assert write_json(path, {"b": 1, "a": 2})
    stamp = path.stat().st_mtime_ns
    assert not write_json(path, {"a": 2, "b": 1})
    assert path.stat().st_mtime_ns == stamp
    assert write_json(path, {"a": 3})
    assert read_json(path) == {"a": 3}
    assert read_json(tmp_path / "absent.json") is None


def test_a_second_writer_is_refused_and_told_who_holds_the_home(tmp_path):
    code = textwrap.dedent(f"""
        from pathlib import Path
        from orchestration.home import Home
        with Home(Path({str(tmp_path)!r})).writer():
            print("holding", flush=True)
            input()
    """)
    other = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=CHECKOUT, text=True
    )
    assert other.stdout.readline() == "holding\n"
    with pytest.raises(HomeBusy, match=str(other.pid)), Home(tmp_path).writer():
        pass
    other.kill()
    other.wait()
    with Home(tmp_path).writer():
        pass


def test_a_file_hash_changes_with_bytes_and_names_and_with_nothing_else(tmp_path):
    one, two = tmp_path / "one.sql", tmp_path / "two.sql"
    one.write_text("select 1")
    two.write_text("select 2")
    before = hash_files([one, two], root=tmp_path)
    assert hash_files([two, one], root=tmp_path) == before
    one.touch()
    assert hash_files([one, two], root=tmp_path) == before
    two.write_text("select 3")
    assert hash_files([one, two], root=tmp_path) != before
