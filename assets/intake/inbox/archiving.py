"""The archive: the bytes of every file ever seen, by their hash, written once and never changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import get_ident

from assets.intake.formats.parcel import BrokenMemberError, Member
from assets.intake.inbox.discovery import FoundFile
from warehouse.archive import archived, is_whole
from warehouse.files import LANDING, WRITERS, replacing, sha256_of, write_whole

_CHUNK = 1 << 20
_SMALL = 4 << 20
"""Bytes up to which files are copied beside each other."""


class ClosedFileError(OSError):
    """A file of the inbox that cannot be read now: gone, locked, without permission, or on a disk that fails."""


class DamagedMemberError(ClosedFileError):
    """A member of a zip archive that is damaged, and stays so until the archive is packed anew."""


class ArchiveError(OSError):
    """The archive cannot be written. The message names the file or folder of the archive, and says why."""

    def __str__(self) -> str:
        return f"the archive cannot be written ({self.filename}): {self.strerror}. Nothing was registered."


def archive_file(source: Path | Member, archive: Path) -> tuple[str, int]:
    """Copy a file, or a member of a zip archive, under its SHA-256 (hex); returns the hash and the size copied.

    Hash and copy are made in one pass over the bytes, so that they agree even if the file is being written to. The copy
    is whole or not there, and read-only. Bytes that are there already, and whole, or of which an erasure left a
    redacted copy, are not written again. Raises `ClosedFileError` where the file cannot be read (`DamagedMemberError`
    where it never will be), and `ArchiveError` where the archive cannot be written.
    """
    try:
        known = sha256_of(source)
    except BrokenMemberError as error:
        raise DamagedMemberError(error.errno, error.strerror) from error
    except OSError as error:
        raise ClosedFileError(error.errno, error.strerror) from error
    try:
        target = archived(archive, known)
        if is_whole(target):
            return known, target.stat().st_size
        archive.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _copied(source, archive, archive / f"{LANDING}{known}.{get_ident()}")
    except ClosedFileError:
        raise
    except OSError as error:
        raise ArchiveError(error.errno, error.strerror, error.filename or str(archive)) from None


def archive_files(
    files: Sequence[FoundFile], archive: Path
) -> Iterator[tuple[FoundFile, Callable[[], tuple[str, int]]]]:
    """Each file, in their order, with a function that returns or raises what `archive_file` does, as long as nobody
    asks for the next one.

    Small ones wait for the disk together. A large one is copied when it is asked for: a member of a zip archive takes
    as much memory as it is large.
    """
    with ThreadPoolExecutor(WRITERS) as threads:
        try:
            begun = [
                threads.submit(archive_file, file.absolute, archive).result
                if file.size <= _SMALL
                else partial(archive_file, file.absolute, archive)
                for file in files
            ]
            yield from zip(files, begun, strict=True)
        finally:
            threads.shutdown(cancel_futures=True)


def archive_bytes(content: bytes, archive: Path) -> tuple[str, int]:
    """Put bytes into the archive as `archive_file` does. Raises `ArchiveError`."""
    known = hashlib.sha256(content).hexdigest()
    target = archived(archive, known)
    try:
        if not is_whole(target):
            write_whole(target, content)
            target.chmod(0o400)
    except OSError as error:
        raise ArchiveError(error.errno, error.strerror, error.filename or str(archive)) from None
    return known, len(content)


def _copied(source: Path | Member, archive: Path, landing: Path) -> tuple[str, int]:
    whole = hashlib.sha256()
    size = 0
    with replacing(landing) as beside, beside.open("wb") as bytes_out:
        for chunk in _chunks(source):
            whole.update(chunk)
            size += len(chunk)
            bytes_out.write(chunk)
    submission_id = whole.hexdigest()
    target = archived(archive, submission_id)
    target.parent.mkdir(mode=0o700, exist_ok=True)
    landing.chmod(0o400)
    landing.replace(target)
    return submission_id, size


def _chunks(source: Path | Member) -> Iterator[bytes]:
    try:
        with source.open("rb") as bytes_in:
            while chunk := bytes_in.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise ClosedFileError(error.errno, error.strerror) from error
