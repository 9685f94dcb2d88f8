"""The files of a directorate as they lie there: where, whether they stand as they were written, and made from what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assets.publications.policy import Pseudonyms
from warehouse.files import read_note, sha256_of

NOTE = ".rujukan.json"
"""What was written last, and what it was made from: `digest` of the lists, `inputs`, `rows`, `files`."""
RESTRICTED_WORKBOOK = "rujukan-terbatas.xlsx"
_FILES = ("rujukan.duckdb", "rujukan.parquet", "rujukan.xlsx")


@dataclass(frozen=True)
class Published:
    """What a directorate's folder holds now. `files`: SHA-256 by file name. `changed`: whether anything was written.

    `kept`: the name under which a workbook that someone had edited in place was kept, if there was one.
    """

    rows: int
    files: dict[str, str]
    changed: bool
    kept: str | None = None


@dataclass(frozen=True)
class Target:
    """Where the files of one directorate go. `opening`: told of a file with whole identities before it is written."""

    folder: Path
    restricted: Path
    pseudonyms: Pseudonyms
    opening: Callable[[Path], None]


def files_of(target: Target) -> dict[str, Path]:
    """The files of a directorate, by name."""
    own = {name: target.folder / name for name in _FILES}
    return own | {RESTRICTED_WORKBOOK: target.restricted / RESTRICTED_WORKBOOK}


def present_files(target: Target) -> dict[str, str]:
    """The SHA-256 of those that are there, by name."""
    return {name: sha256_of(path) for name, path in files_of(target).items() if path.exists()}


def standing(target: Target, inputs: str) -> Published | None:
    """What was published last, if it was made from these inputs and stands as it was written."""
    note, present = read_note(target.folder / NOTE), present_files(target)
    if note.get("inputs") != inputs or note.get("files") != present:
        return None
    return Published(int(note["rows"]), present, changed=False)
