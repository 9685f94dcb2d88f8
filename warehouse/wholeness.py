"""Whether a file of the lake holds what was written to it: its name says the hash of its bytes."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache
from pathlib import Path

from warehouse.files import sha256_of, write_whole
from warehouse.last_look import last_look
from warehouse.repairs import note_repair

DIGEST_LENGTH = 32
"""Hexadecimal digits of a SHA-256 that name a lake file by its bytes."""
SECOND_COPIES = "_copies"
"""The folder of the lake with a second copy of what nothing can make again, under the same names."""
_AT_ONCE = os.cpu_count() or 1


def fault_of(path: Path) -> str | None:
    """What is wrong with a lake file, in words that follow its name; None where it is there and holds what its name
    says. What this process has found whole is hashed once more only if it looks changed (size, time or inode)."""
    try:
        found = path.stat()
        whole = _hashes_to_its_name(path, (found.st_size, found.st_mtime_ns, found.st_ino))
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None if whole else "is damaged"


def faults_of(paths: Sequence[Path]) -> list[str | None]:
    """`fault_of` each, many at a time."""
    return [fault_of(path) for path in paths] if len(paths) < 2 else list(_threads().map(fault_of, paths))


@cache
def _threads() -> ThreadPoolExecutor:
    """Started once: each of a thousand partitions asks after some small files."""
    return ThreadPoolExecutor(_AT_ONCE)


def faults_since(lake: Path, files: Collection[str]) -> dict[str, str]:
    """What is wrong with those of some files, by their paths in the lake, with which something is. Those that look as
    they did when they were last hashed are not read (`last_look.py`)."""
    look = last_look(lake)
    due = [file for file in files if not look.knows(f"{lake}/{file}", _digest_in(file))]
    faults = zip(due, faults_of([lake / file for file in due]), strict=True)
    return {file: fault or "is damaged" for file, fault in faults if fault or not _stands(lake, file)}


def _stands(lake: Path, file: str) -> bool:
    return last_look(lake).holds(f"{lake}/{file}", _digest_in(file), lambda path, _: is_whole(path))


def _digest_in(file: str) -> str:
    return file[-DIGEST_LENGTH - len(".parquet") : -len(".parquet")]


def is_whole(path: Path) -> bool:
    """Whether a lake file is there and holds what its name says."""
    return fault_of(path) is None


@lru_cache(maxsize=100_000)
def _hashes_to_its_name(path: Path, seen: tuple[int, int, int]) -> bool:
    return path.stem == f"part-{sha256_of(path)[:DIGEST_LENGTH]}"


def restored(lake: Path, relative: str) -> bool:
    """Replace a damaged lake file by its second copy, if that one is whole; whether it was."""
    copy = lake / SECOND_COPIES / relative
    if not is_whole(copy):
        return False
    write_whole(lake / relative, copy.read_bytes())
    note_repair(lake, "second_copy", relative)
    return True


def keep_second_copy(lake: Path, relative: str) -> None:
    """See to it that a whole lake file has a whole second copy."""
    copy = lake / SECOND_COPIES / relative
    if not _stands(lake, f"{SECOND_COPIES}/{relative}"):
        write_whole(copy, (lake / relative).read_bytes())
