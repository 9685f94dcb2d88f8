"""What is known of files by how they look is what hashing them would find, whatever was done to them."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.damage import DAMAGES
from warehouse.files import holds, write_whole
from warehouse.last_look import NOTE, LastLook

NAMES, CONTENTS = ("lake/a", "lake/b", "published/c"), (b"one", b"two", b"three")


def backdated(path: Path, content: bytes) -> None:
    """Write into a file, and set its time back."""
    before = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES: dict[str, Callable[[Path, bytes], object]] = {
    "written": lambda path, content: path.write_bytes(content),
    "replaced": write_whole,
    "written, its time set back": backdated,
    "taken away": lambda path, _: path.unlink(),
    "given another name for a while": lambda path, _: path.rename(path.with_name("z")).rename(path),
}


@given(
    st.lists(
        st.tuples(st.sampled_from(NAMES), st.sampled_from([*CHANGES]), st.sampled_from(CONTENTS), st.booleans()),
        max_size=12,
    )
)
def test_what_is_noted_is_what_hashing_finds(steps: list[tuple[str, str, bytes, bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for name in NAMES:
            write_whole(home / name, CONTENTS[0])
        look = LastLook(home / "lake")
        for name, change, content, another_process in steps:
            if (home / name).exists():
                CHANGES[change](home / name, content)
            for each in NAMES:
                for sha256 in (hashlib.sha256(content).hexdigest() for content in CONTENTS):
                    truth = holds(home / each, sha256)
                    assert not look.knows(home / each, sha256) or truth
                    assert look.holds(home / each, sha256) == truth
                    assert look.knows(home / each, sha256) == truth
            if another_process:
                look.keep()
                look = LastLook(home / "lake")


@pytest.mark.parametrize("damage", [*DAMAGES])
def test_a_damaged_note_has_files_hashed_again(tmp_path: Path, damage: str) -> None:
    path, sha256 = tmp_path / "file", hashlib.sha256(b"content").hexdigest()
    path.write_bytes(b"content")
    before = LastLook(tmp_path / "lake")
    assert before.holds(path, sha256)
    before.keep()
    assert LastLook(tmp_path / "lake").knows(path, sha256)
    DAMAGES[damage](tmp_path / "lake" / NOTE)
    after = LastLook(tmp_path / "lake")
    assert not after.knows(path, sha256)
    assert after.holds(path, sha256)


def test_the_files_of_a_copied_home_are_hashed_again(tmp_path: Path) -> None:
    path, sha256 = tmp_path / "home" / "file", hashlib.sha256(b"content").hexdigest()
    write_whole(path, b"content")
    look = LastLook(tmp_path / "home" / "lake")
    assert look.holds(path, sha256)
    look.keep()
    shutil.copytree(tmp_path / "home", tmp_path / "copy")
    there = LastLook(tmp_path / "copy" / "lake")
    assert not there.knows(tmp_path / "copy" / "file", sha256)
    assert there.holds(tmp_path / "copy" / "file", sha256)


def test_what_was_written_and_what_has_another_name_now_is_known(tmp_path: Path) -> None:
    path, sha256 = tmp_path / "file", hashlib.sha256(b"content").hexdigest()
    write_whole(path, b"content")
    look = LastLook(tmp_path / "lake")
    look.wrote(path, sha256)
    assert look.knows(path, sha256)
    with look.holding_on(path):
        os.link(path, tmp_path / "other")
    assert look.knows(path, sha256)
    (tmp_path / "other").write_bytes(b"altered")
    with look.holding_on(path):
        (tmp_path / "other").unlink()
    assert not look.knows(path, sha256)


def test_files_that_are_gone_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "home" / "file"
    write_whole(path, b"content")
    look = LastLook(tmp_path / "home" / "lake")
    assert look.holds(path, hashlib.sha256(b"content").hexdigest())
    path.unlink()
    look.keep()
    assert (tmp_path / "home" / "lake" / NOTE).read_text() == "{}"
