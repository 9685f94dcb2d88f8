"""Backups: one tar file with all of a home that cannot be made again, and bringing it back, checked byte for byte."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from pipelines.liveness import between_runs
from warehouse.chain import last_head
from warehouse.files import private_folder, replacing, scratch_folder
from warehouse.home import DataHome
from warehouse.migrations import MATCH_STATE_FOLDER

CONTENTS = "contents.json"
"""The last member: the SHA-256 of every file by its path, and the head of the chain. A file without it was cut."""
FORMAT = 1
MADE_AGAIN = ("published", "dagster", "errors", "plan", "inbox", "*.duckdb", "*.duckdb.wal", ".*")
"""Patterns of what a run makes again, notes only of the moment, or comes from outside, right below the home."""


class Backup(NamedTuple):
    """What a backup holds: files, their bytes, and the head of the chain at its moment ("" where there was no run)."""

    files: int
    bytes: int
    head: str


class BackupError(ValueError):
    """A backup cannot be brought back: it is cut or damaged, or the home is not empty."""


def back_up(home: DataHome, target: Path, waits: Callable[[], None] = lambda: None) -> Backup:
    """Write all that cannot be made again into a new tar file, for its owner only, between two runs.

    `waits` is called once if a run has to be waited for. Raises `FileExistsError`.
    """
    if target.exists():
        raise FileExistsError(f"{target} exists already")
    digests: dict[str, str] = {}
    size = 0
    with between_runs(home, waits), replacing(target) as beside:
        beside.touch(mode=0o600)
        with tarfile.open(beside, "w", format=tarfile.PAX_FORMAT) as tar:
            for path in _kept(home):
                name = path.relative_to(home.root).as_posix()
                with path.open("rb") as source:
                    member = tar.gettarinfo(arcname=name, fileobj=source)
                    member.type, member.linkname = tarfile.REGTYPE, ""  # of a hard link the bytes, too
                    member.uname = member.gname = ""
                    member.size = os.fstat(source.fileno()).st_size
                    reading = _Hashed(source)
                    tar.addfile(member, reading)
                digests[name] = reading.digest.hexdigest()
                size += member.size
            made = Backup(len(digests), size, last_head(home)[1])
            contents = json.dumps({"format": FORMAT, "head": made.head, "files": digests}).encode()
            last = tarfile.TarInfo(CONTENTS)
            last.size = len(contents)
            tar.addfile(last, io.BytesIO(contents))
    return made


def restore(source: Path, home: DataHome) -> Backup:
    """Bring a backup back into a home that has nothing yet but its settings and an inbox.

    Every file is compared with its hash before any of them comes to its place, the lake last: a home that lacks it
    starts no run. Raises `BackupError`.
    """
    private_folder(home.root)
    there = sorted(path.name for path in home.root.iterdir() if path != home.settings_file and _counts(home, path))
    if there:
        raise BackupError(f"{home.root} is not empty: {', '.join(there[:5])}")
    with scratch_folder(home.root) as folder:
        found = _unpacked(source, folder)
        if home.settings_file.exists():
            (folder / home.settings_file.name).unlink(missing_ok=True)
        for path in sorted(folder.iterdir(), key=lambda path: path.name == home.lake.name):
            shutil.rmtree(home.root / path.name, ignore_errors=True)  # empty, or it would count as there
            path.replace(home.root / path.name)
    return found


def _kept(home: DataHome) -> Iterator[Path]:
    """The files of a backup, in a fixed order."""
    for path in sorted(home.root.iterdir()):
        if path.is_symlink() or any(path.match(pattern) for pattern in MADE_AGAIN) or path == home.inbox:
            continue
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        state = home.lake / MATCH_STATE_FOLDER
        yield from (file for file in inside if file.is_file() and not file.is_relative_to(state))


def _counts(home: DataHome, path: Path) -> bool:
    """Whether something right below the home is in the way of a backup: a file, or a folder with a file in it."""
    if path == home.inbox or path.name.startswith("."):
        return False
    return path.is_file() or any(inside.is_file() for inside in path.rglob("*"))


def _unpacked(source: Path, folder: Path) -> Backup:
    """Write what is in a backup below `folder`. Raises `BackupError` unless every file is as it was."""
    digests: dict[str, str] = {}
    contents, size = None, 0
    with suppress(tarfile.ReadError, EOFError), tarfile.open(source, "r:") as tar:
        for member in tar:
            reading = tar.extractfile(member) if member.isreg() else None
            if reading is None or not _is_below(folder, folder / member.name):
                raise BackupError(f"{source}: {member.name} is no file of a data home")
            if member.name == CONTENTS:
                contents = json.loads(reading.read())
                break
            target = folder / member.name
            private_folder(target.parent)
            hashed = _Hashed(reading)
            with target.open("xb") as written:
                shutil.copyfileobj(hashed, written, 1 << 20)
            target.chmod(0o600)
            digests[member.name] = hashed.digest.hexdigest()
            size += member.size
    if contents is None:
        raise BackupError(f"{source} was cut, or is no backup")
    if contents.get("format") != FORMAT:
        raise BackupError(f"{source} was written by another version of the program")
    wrong = sorted(name for name, digest in contents["files"].items() if digests.get(name) != digest)
    if wrong or digests.keys() - contents["files"].keys():
        raise BackupError(f"{source} is damaged: {len(wrong)} files differ, such as {wrong[:3]}")
    return Backup(len(digests), size, contents["head"])


def _is_below(folder: Path, path: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


class _Hashed:
    """A file that is read once, and its SHA-256 meanwhile."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source, self.digest = source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._source.read(size)
        self.digest.update(block)
        return block
