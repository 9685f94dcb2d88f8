"""What is released depends on nothing but the commit, and holds all that the program reads."""

from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.support.finished import PROJECT
from tests.support.release import git, release, repacked

SMALL = ("pyproject.toml", "README.md", "LICENSE", "validation", "warehouse")
"""Enough of the tree for a package that is built in a moment."""


def tree(folder: Path, mode: int, time: int) -> Path:
    """A repository with a part of this tree, whose files have these rights and this time, and one unknown to git."""
    for name in filter(None, git(PROJECT, "ls-files", "-z", *SMALL).split("\0")):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes((PROJECT / name).read_bytes())
        file.chmod(mode)
        os.utime(file, (time, time))
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", "-C", folder, *command], check=True)
    (folder / "warehouse" / f"lies_about_{mode}.py").touch()
    return folder


def test_two_builds_are_the_same_bytes_and_leave_out_what_git_does_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    one = release(tmp_path / "a", tree(tmp_path / "one", 0o600, 1_600_000_000))
    other = release(tmp_path / "b", tree(tmp_path / "other" / "deeper", 0o755, 1_650_000_000))
    assert [file.name for file in one] == [file.name for file in other]
    assert [file.read_bytes() for file in one] == [file.read_bytes() for file in other]
    wheel = next(file for file in one if file.suffix == ".whl")
    with ZipFile(wheel) as packed:
        names = packed.namelist()
    assert {"warehouse/tables/_shared.yml", "warehouse/sql/checks.csv", "validation/findings.csv"} <= set(names)
    assert not [name for name in names if "lies_about" in name]
    sums = one[-1].read_text()
    assert wheel.name in sums and len(sums.splitlines()) == 2


def test_a_source_package_says_nothing_of_who_packed_it(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("b")
    (tmp_path / "a.txt").write_text("a")
    made = tmp_path / "made.tar.gz"
    with tarfile.open(made, "w:gz") as packed:
        for name in ("b.txt", "a.txt"):
            packed.add(tmp_path / name, name)
    (tmp_path / "clean.tar.gz").write_bytes(repacked(made.read_bytes(), 1_700_000_000))
    with tarfile.open(tmp_path / "clean.tar.gz") as packed:
        said = [(each.name, each.mtime, each.mode, each.uid, each.uname) for each in packed]
    assert said == [(name, 1_700_000_000, 0o644, 0, "") for name in ("a.txt", "b.txt")]
