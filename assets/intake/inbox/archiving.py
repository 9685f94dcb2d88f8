"""The archive: the bytes of every file ever seen, by their hash, written once and never changed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from threading import get_ident
from typing import Literal, NamedTuple

from assets.intake.formats.parcel import BrokenMemberError, Member
from warehouse.archive import archived, is_whole
from warehouse.files import LANDING, WRITERS, flush_folders, private_folder, sha256_of

_CHUNK = 1 << 20
_SMALL = 4 << 20
"""Bytes up to which files are copied beside each other."""


class _Bytes(NamedTuple):
    """Bytes that are read as a file is."""

    content: bytes

    def open(self, mode: Literal["rb"]) -> BytesIO:
        return BytesIO(self.content)


Source = Path | Member | bytes


class ClosedFileError(OSError):
    """A file of the inbox that cannot be read now: gone, locked, without permission, or on a disk that fails."""


class DamagedMemberError(ClosedFileError):
    """A member of a zip archive that is damaged, and stays so until the archive is packed anew."""


class ArchiveError(OSError):
    """The archive cannot be written. The message names the file or folder of the archive, and says why."""

    def __str__(self) -> str:
        return f"the archive cannot be written ({self.filename}): {self.strerror}. Nothing was registered."


def archive_file(source: Source, archive: Path) -> tuple[str, int]:
    """Copy a file, a member of a zip archive or bytes under their SHA-256 (hex); returns the hash and the size copied.

    Hash and copy are made in one pass over the bytes, so that they agree even if the file is being written to. The copy
    is whole or not there, and read-only. Bytes that are there already, and whole, or of which an erasure left a
    redacted copy, are not written again. Raises `ClosedFileError` where the file cannot be read (`DamagedMemberError`
    where it never will be), and `ArchiveError` where the archive cannot be written.
    """
    made: list[Path] = []
    found = _archived(source, archive, made)
    _keep_names(archive, made)
    return found


def archive_together(sources: Iterable[tuple[Source, int]], archive: Path) -> Iterator[Callable[[], tuple[str, int]]]:
    """For each source, of so many bytes, in their order, a function that returns or raises what `archive_file` does, as
    long as nobody asks for the next one. Once none is left, all are on disk under their names.

    Small ones wait for the disk together. A large one is copied when it is asked for: a member of a zip archive takes
    as much memory as it is large.
    """
    made: list[Path] = []
    with ThreadPoolExecutor(WRITERS) as threads:
        try:
            yield from [
                threads.submit(_archived, source, archive, made).result
                if size <= _SMALL
                else partial(_archived, source, archive, made)
                for source, size in sources
            ]
        finally:
            threads.shutdown(cancel_futures=True)
    _keep_names(archive, made)


def _archived(source: Source, archive: Path, made: list[Path]) -> tuple[str, int]:
    """As `archive_file`, but the name of a copy may not be on disk yet: it is added to `made`."""
    readable = _Bytes(source) if isinstance(source, bytes) else source
    try:
        known = sha256_of(readable)
    except BrokenMemberError as error:
        raise DamagedMemberError(error.errno, error.strerror) from error
    except OSError as error:
        raise ClosedFileError(error.errno, error.strerror) from error
    with _archive_errors(archive):
        target = archived(archive, known)
        if is_whole(target):
            return known, target.stat().st_size
        private_folder(archive)
        submission_id, size = _copied(readable, archive, archive / f"{LANDING}{known}.{os.getpid()}.{get_ident()}")
        made.append(archived(archive, submission_id))
        return submission_id, size


@contextmanager
def _archive_errors(archive: Path) -> Iterator[None]:
    try:
        yield
    except ClosedFileError:
        raise
    except OSError as error:
        raise ArchiveError(error.errno, error.strerror, error.filename or str(archive)) from None


def _copied(source: Path | Member | _Bytes, archive: Path, landing: Path) -> tuple[str, int]:
    whole = hashlib.sha256()
    size = 0
    try:
        with landing.open("wb") as bytes_out:
            landing.chmod(0o400)
            for chunk in _chunks(source):
                whole.update(chunk)
                size += len(chunk)
                bytes_out.write(chunk)
            bytes_out.flush()
            os.fsync(bytes_out.fileno())
        submission_id = whole.hexdigest()
        target = archived(archive, submission_id)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        landing.replace(target)
    except BaseException:
        landing.unlink(missing_ok=True)
        raise
    return submission_id, size


def _keep_names(archive: Path, made: Collection[Path]) -> None:
    """Wait until the names of copies are on disk; each folder is flushed once."""
    if made:
        with _archive_errors(archive):
            flush_folders([*made, *{copy.parent for copy in made}])


def _chunks(source: Path | Member | _Bytes) -> Iterator[bytes]:
    try:
        with source.open("rb") as bytes_in:
            while chunk := bytes_in.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise ClosedFileError(error.errno, error.strerror) from error
