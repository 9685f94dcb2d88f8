"""A file is whole or not there, its owner's alone, and a lock ends with whoever held it."""

from __future__ import annotations

import fcntl
import os
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from warehouse.files import (
    creating_privately,
    locked,
    locked_if_free,
    make_private,
    replacing,
    write_whole,
    writing_after,
    writing_together,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_replaced_file_has_the_new_content_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    target = tmp_path / "table" / "kode_kabupaten=16.10" / "part.parquet"
    write_whole(target, b"old")
    write_whole(target, b"new")
    assert target.read_bytes() == b"new"
    assert mode(target) == 0o600
    assert mode(target.parent) == mode(target.parent.parent) == 0o700


def test_whatever_happens_while_writing_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "table.parquet"
    write_whole(target, b"old")
    for failure in (OSError("no space left on device"), KeyboardInterrupt()):
        with pytest.raises(type(failure)), replacing(target) as beside:
            beside.write_bytes(b"half")
            raise failure
        assert target.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [target]


def test_a_writer_that_writes_nothing_is_an_error_and_changes_nothing(tmp_path: Path) -> None:
    target = tmp_path / "table.parquet"
    write_whole(target, b"old")
    with pytest.raises(FileNotFoundError), replacing(target):
        pass
    assert target.read_bytes() == b"old"


def test_who_reads_the_old_file_reads_it_to_its_end(tmp_path: Path) -> None:
    target = tmp_path / "table.parquet"
    write_whole(target, b"old and long")
    with target.open("rb") as reader:
        start = reader.read(3)
        write_whole(target, b"new")
        assert start + reader.read() == b"old and long"


def is_held(lock: Path) -> bool:
    handle = os.open(lock, os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def test_a_lock_is_held_within_and_free_after_even_after_an_error(tmp_path: Path) -> None:
    lock = tmp_path / "home" / ".lock"
    with locked(lock):
        assert is_held(lock)
    assert not is_held(lock)
    with pytest.raises(ValueError), locked(lock):
        raise ValueError
    assert not is_held(lock)
    assert mode(lock) == 0o600


def test_a_shared_lock_lets_sharers_in_and_nobody_who_wants_it_alone(tmp_path: Path) -> None:
    lock = tmp_path / ".lock"
    with locked(lock, shared=True), locked(lock, shared=True), locked_if_free(lock) as alone:
        assert not alone
    with locked_if_free(lock) as alone:
        assert alone
        assert is_held(lock)
    assert not is_held(lock)


HOLDER = """
import pathlib, sys
from warehouse.files import locked
with locked(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_killed_holder_lets_the_next_one_in(tmp_path: Path) -> None:
    lock = tmp_path / ".lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        assert is_held(lock)
        holder.kill()
    with locked(lock):
        assert is_held(lock)


def test_files_written_together_are_all_there_at_the_end_and_an_error_of_one_is_raised(tmp_path: Path) -> None:
    with writing_together() as write:
        for number in range(20):
            write(tmp_path / str(number % 3) / str(number), bytes([number]))
    assert all((tmp_path / str(n % 3) / str(n)).read_bytes() == bytes([n]) for n in range(20))
    with pytest.raises(NotADirectoryError), writing_together() as write:
        write(tmp_path / "0" / "0" / "below a file", b"")
        write(tmp_path / "last", b"x")
    assert (tmp_path / "last").read_bytes() == b"x"


def test_what_other_programs_left_open_is_made_private_and_links_are_not_followed(tmp_path: Path) -> None:
    outside, home = tmp_path / "outside", tmp_path / "home"
    (home / "history").mkdir(parents=True)
    for path in (outside, home / "history" / "runs.db"):
        path.write_bytes(b"x")
        path.chmod(0o664)
    home.chmod(0o755)
    (home / "link").symlink_to(outside)
    make_private(home)
    assert [mode(home), mode(home / "history"), mode(home / "history" / "runs.db")] == [0o700, 0o700, 0o600]
    assert mode(outside) == 0o664


def test_what_is_created_privately_is_so_for_that_time_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with creating_privately():
            (tmp_path / "a").write_bytes(b"")
        (tmp_path / "b").write_bytes(b"")
    finally:
        os.umask(before)
    assert [mode(tmp_path / "a"), mode(tmp_path / "b")] == [0o600, 0o644]


def test_what_goes_ahead_of_a_file_is_whole_and_its_owner_s_alone(tmp_path: Path) -> None:
    note, target = tmp_path / "16.10.05.2036" / ".list.sha256", tmp_path / "16.10.05.2036" / "list.xlsx"
    for content in (b"old", b"new"):
        with writing_after() as write:
            write({note: b"note of " + content}, target, content)
        assert (note.read_bytes(), target.read_bytes()) == (b"note of " + content, content)
    assert {mode(note), mode(target)} == {0o600}
    assert sorted(target.parent.iterdir()) == [note, target]


def test_files_wait_for_each_other_and_what_is_made_last_sees_what_was_there_before(tmp_path: Path) -> None:
    targets = [tmp_path / str(number % 3) / f"{number}.xlsx" for number in range(20)]
    for before, content in ((b"", b"old"), (b"old", b"new")):
        with writing_after() as write:
            for path in targets:
                write({path.with_suffix(".note"): partial(_there, path)}, path, content)
            assert {_there(path) for path in targets} == {before}
        assert {_there(path) for path in targets} == {content}
        assert {_there(path.with_suffix(".note")) for path in targets} == {before}


def _there(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def test_where_what_goes_ahead_cannot_be_written_every_file_stays_as_it_was(tmp_path: Path) -> None:
    target, note, other = tmp_path / "list.xlsx", tmp_path / "note", tmp_path / "other.xlsx"
    write_whole(target, b"old")
    note.mkdir()  # no file can take its name
    (note / "full").touch()
    with pytest.raises(OSError, match="note"), writing_after() as write:
        write({}, other, b"new")
        write({note: b"of new"}, target, b"new")
    assert target.read_bytes() == b"old"
    assert sorted(tmp_path.iterdir()) == [target, note]
