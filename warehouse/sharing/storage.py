"""What a storage must be able to do, and a folder that does it."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from warehouse.files import locked, replacing, write_whole


class StorageError(RuntimeError):
    """The storage cannot be reached or used. The message names what was tried, and no secret."""


class SwapRefusedError(StorageError):
    """What was to be replaced is not what was read: somebody else was faster."""


class ObjectMissingError(StorageError):
    """The storage has no object of that name."""


class Stamped(NamedTuple):
    """A small object, and the stamp by which the storage knows this content of it again."""

    content: bytes
    stamp: str


class Storage(Protocol):
    """Objects by name (`a/b/c`). Every method raises `StorageError` where the storage cannot be reached."""

    def read(self, name: str) -> Stamped | None:
        """A small object as it is now; None where there is none."""
        ...

    def stamp(self, name: str) -> str | None:
        """The stamp of an object as it is now; None where there is none."""
        ...

    def swap(self, name: str, content: bytes, stamp: str | None) -> str:
        """Replace the content that was read with `stamp` (None: there was no object), or raise `SwapRefusedError`;
        returns the new stamp. `content` was never written before, so that a call whose answer got lost can read what
        became of it. Whoever is refused may have come through all the same, and been overtaken before that."""
        ...

    def store(self, name: str, source: Path) -> None:
        """Keep the bytes of a file. The same name is only ever given to the same bytes."""
        ...

    def fetch(self, name: str, target: Path) -> None:
        """Write an object into a new file; raises `ObjectMissingError`."""
        ...

    def names(self, prefix: str) -> dict[str, float]:
        """The names that begin so, each with the seconds since it was stored."""
        ...

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects; such as are not there are no error."""
        ...


class FolderStorage:
    """A folder that all machines reach, on a file system whose locks hold for all of them."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, name: str) -> Stamped | None:
        try:
            content = (self._root / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failed(name, error) from None
        return Stamped(content, hashlib.sha256(content).hexdigest())

    def stamp(self, name: str) -> str | None:
        found = self.read(name)
        return found.stamp if found else None

    def swap(self, name: str, content: bytes, stamp: str | None) -> str:
        try:
            with locked(self._root / ".swap.lock"):
                if self.stamp(name) != stamp:
                    raise SwapRefusedError(name)
                write_whole(self._root / name, content)
        except OSError as error:
            raise _failed(name, error) from None
        return hashlib.sha256(content).hexdigest()

    def store(self, name: str, source: Path) -> None:
        try:
            with replacing(self._root / name) as beside:
                shutil.copyfile(source, beside)
        except OSError as error:
            raise _failed(name, error) from None

    def fetch(self, name: str, target: Path) -> None:
        try:
            shutil.copyfile(self._root / name, target)
        except FileNotFoundError:
            raise ObjectMissingError(name) from None
        except OSError as error:
            raise _failed(name, error) from None

    def names(self, prefix: str) -> dict[str, float]:
        now = time.time()
        there = (path for path in (self._root / prefix).rglob("*") if path.is_file() and not path.name.startswith("."))
        return {path.relative_to(self._root).as_posix(): now - path.stat().st_mtime for path in there}

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            (self._root / name).unlink(missing_ok=True)


def _failed(name: str, error: OSError) -> StorageError:
    return StorageError(f"{name}: {error.strerror}")


def opened(address: str) -> Storage:
    """The storage with an address: `s3://BUCKET/PREFIX`, or the path of a folder. Raises `ModuleNotFoundError` where
    the extra for S3 is not installed."""
    place = urlsplit(address)
    if place.scheme != "s3":
        return FolderStorage(Path(address))
    from warehouse.sharing.s3 import S3Storage

    return S3Storage(place.netloc, place.path.strip("/"))
