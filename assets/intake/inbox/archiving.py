"""The archive: the bytes of every file ever seen, by their hash, written once and never changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from warehouse.files import LANDING, replacing, sha256_of

_CHUNK = 1 << 20


def archive_file(source: Path, archive: Path) -> tuple[str, int]:
    """Copy a file into the archive under its SHA-256 (hex); returns the hash and the size of what was copied.

    Hash and copy are made in one pass over the bytes, so that they agree even if the file is being written to. The copy
    is whole or not there, and read-only. Bytes that are there already are not written again.
    """
    archive.mkdir(mode=0o700, parents=True, exist_ok=True)
    known = sha256_of(source)
    target = archive / known[:2] / known
    if target.exists():
        return known, target.stat().st_size
    whole = hashlib.sha256()
    size = 0
    landing = archive / f"{LANDING}{known}"
    with replacing(landing) as beside, source.open("rb") as bytes_in, beside.open("wb") as bytes_out:
        while chunk := bytes_in.read(_CHUNK):
            whole.update(chunk)
            size += len(chunk)
            bytes_out.write(chunk)
    submission_id = whole.hexdigest()
    target = archive / submission_id[:2] / submission_id
    target.parent.mkdir(mode=0o700, exist_ok=True)
    landing.chmod(0o400)
    landing.replace(target)
    return submission_id, size
