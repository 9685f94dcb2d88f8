"""The ledger of erasures: of whom something was removed on request, where, when, by whom and why; never what it said.

One JSON object a line, for each file that was concerned. The archived copy of such a file is replaced by a redacted one
(`<sha256>.redacted`), and the ledger has its digest: that something was removed stays provable.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from warehouse.archive import archived, redacted_copy
from warehouse.files import add_lines, sha256_of

if TYPE_CHECKING:
    from warehouse.home import DataHome


class ErasureError(ValueError):
    """The ledger of erasures or a redacted copy cannot be used. The message names files and lines, no values."""


class Erasure(NamedTuple):
    """What one erasure removed from one file.

    `at`: UTC, ISO. `by`: the account. `rows`: sheet and row of each row that spoke of the person. `cells`: sheet, row
    and column letter of cells in other people's rows that named them; `word`, which means nothing, stands there now.
    `texts`: where in what was read around the rows the person was named, from and to. `redaction`: SHA-256 of the
    redacted copy.
    """

    erasure_id: str
    person_id: str
    at: str
    by: str
    reason: str
    submission_id: str
    rows: tuple[tuple[str, int], ...]
    cells: tuple[tuple[str, int, str], ...]
    texts: tuple[tuple[str, int, int], ...]
    word: str
    redaction: str


def ledger_of(home: DataHome) -> Path:
    """Where the ledger lies."""
    return home.erasures / "ledger.jsonl"


def unfinished_note(home: DataHome) -> Path:
    """What lies there from the moment that an erasure is written down until all that was made before it is gone."""
    return home.erasures / "unfinished"


def read_erasures(home: DataHome) -> list[Erasure]:
    """All entries, in the order in which they were made. Raises `ErasureError`."""
    path = ledger_of(home)
    lines = path.read_bytes().splitlines() if path.exists() else []
    found = []
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
            places = {name: tuple(map(tuple, entry[name])) for name in ("rows", "cells", "texts")}
            found.append(Erasure(**{**entry, **places}))
        except (ValueError, KeyError, TypeError):
            said = f"{path}, line {number} is no entry of the ledger of erasures; bring it back from the backup"
            raise ErasureError(said) from None
    return found


def add_erasures(home: DataHome, entries: Iterable[Erasure]) -> None:
    """Add entries, all or none; on disk when this returns. From then on whoever reads the files leaves out the rows."""
    add_lines(ledger_of(home), (entry._asdict() for entry in entries))


def by_submission(entries: Iterable[Erasure]) -> dict[str, list[Erasure]]:
    """The entries of each file, in order."""
    found: dict[str, list[Erasure]] = {}
    for entry in entries:
        found.setdefault(entry.submission_id, []).append(entry)
    return found


def unfulfilled(home: DataHome) -> list[str]:
    """Files of the ledger whose original is still there, or whose redacted copy is not the one that it names."""
    latest = {entry.submission_id: entry.redaction for entry in read_erasures(home)}
    return sorted(sid for sid, digest in latest.items() if not is_fulfilled(home.archive, sid, digest))


def is_fulfilled(archive: Path, submission_id: str, digest: str) -> bool:
    """Whether the archive has of a file the redacted copy with a SHA-256, and nothing else."""
    copy = redacted_copy(archive, submission_id)
    return archived(archive, submission_id) == copy and sha256_of(copy) == digest
