"""The originals: the bytes of every file ever seen, each under its SHA-256, checked whenever they are read.

Danger: a disk flips a bit, and what no village ever wrote is read as its list. Remedy: whoever reads an original hashes
what was read. One that is damaged is set aside, never deleted (`archive/damaged/`); what was read of it while it was
whole stands, and the same bytes, sent again, take its place.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from warehouse.files import entries_below, private_folder, sha256_of

SET_ASIDE = "damaged"
"""The folder of the archive that damaged originals are moved to: `<sha256>.<number>`."""
REDACTED = ".redacted"
"""How the name of a copy ends from which what spoke of a person was erased."""
_MANY = 1_000
_SHA256 = re.compile(r"[0-9a-f]{64}")
Read = TypeVar("Read")


class DamagedOriginalError(Exception):
    """An archived file is missing, cannot be read, or holds other bytes than its name says."""


def archived(archive: Path, sha256: str) -> Path:
    """Where the bytes with a hash are kept, or what an erasure left of them."""
    original, redacted = archive / sha256[:2] / sha256, redacted_copy(archive, sha256)
    return redacted if redacted.exists() and not original.exists() else original


def redacted_copy(archive: Path, sha256: str) -> Path:
    """Where the redacted copy of a file lies, if there is one. The ledger of erasures has its digest."""
    return archive / sha256[:2] / f"{sha256}{REDACTED}"


def belongs(name: str, sha256: str) -> bool:
    """Whether bytes with a hash belong under a name. A name that is no SHA-256 claims nothing."""
    return sha256 == name or not _SHA256.fullmatch(name)


def read_original(path: Path) -> bytes:
    """The bytes of an archived file. Raises `DamagedOriginalError`."""
    try:
        content = _asked_twice(path.read_bytes)
    except OSError as error:
        raise DamagedOriginalError(path.name) from error
    if not belongs(path.name, hashlib.sha256(content).hexdigest()):
        raise DamagedOriginalError(path.name)
    return content


def is_whole(path: Path) -> bool:
    """Whether an archived file is there and is what its name says."""
    try:
        return belongs(path.name, _asked_twice(lambda: sha256_of(path)))
    except OSError:
        return False


def _asked_twice(read: Callable[[], Read]) -> Read:
    """What reading gives. A disk or a share that refuses is asked once more: it may have failed for a moment."""
    try:
        return read()
    except FileNotFoundError:
        raise
    except OSError:
        return read()


def set_aside_if_damaged(path: Path) -> bool:
    """Move an archived file that is damaged to where nobody reads it; whether it is not to be had (any more)."""
    if is_whole(path):
        return False
    if not path.is_file():
        return True
    folder = path.parents[1] / SET_ASIDE
    private_folder(folder)
    number = sum(1 for _ in folder.glob(f"{path.name}.*"))
    with suppress(FileNotFoundError):
        path.rename(folder / f"{path.name}.{number}")
    return True


def missing(archive: Path, known: Iterable[str]) -> list[str]:
    """Those of some hashes under which the archive has no file: set aside, or lost. Many are looked for in listings."""
    some = list(known)
    there = names_in(archive) if len(some) > _MANY else frozenset()
    return [sha256 for sha256 in some if sha256 not in there and not archived(archive, sha256).is_file()]


def names_in(archive: Path) -> frozenset[str]:
    """The names of all files of the archive, but what was set aside."""
    return frozenset(
        each.name
        for folder in archive.glob("[0-9a-f][0-9a-f]")
        for each in entries_below(folder)
        if each.is_file(follow_symlinks=False)
    )


def put_back(archive: Path, lost: Iterable[str]) -> list[str]:
    """Bring back what was set aside though it can be read by now (a disk that failed for a while); returns which."""
    back = []
    for sha256 in lost:
        for path in sorted((archive / SET_ASIDE).glob(f"{sha256}.*")):
            with suppress(OSError):
                if belongs(sha256, sha256_of(path)):
                    private_folder(archived(archive, sha256).parent)
                    path.rename(archived(archive, sha256))
                    back.append(sha256)
                    break
    return back
