"""The files of a directorate as they lie there: where, whether they stand as they were written, and made from what."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from assets.publications.edited import KEPT
from assets.publications.policy import Pseudonyms
from warehouse.files import holds, read_note, sha256_of

NOTE = ".rujukan.json"
"""What was written last, and what it was made from: `digest` of the lists, `inputs`, `rows`, `files`."""
WORKBOOK, RESTRICTED_WORKBOOK = "rujukan", "rujukan-terbatas"
"""How the names of workbooks begin; those of single kabupaten go on with ` - ` and which."""
DATABASE, LIST = "rujukan.duckdb", "rujukan.parquet"
_FILES = (DATABASE, LIST, "rujukan.xlsx")


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

    def folder_of(self, name: str) -> Path:
        """The folder in which the file of this name lies."""
        return self.restricted if name.startswith(RESTRICTED_WORKBOOK) else self.folder


def files_of(target: Target, others: Iterable[str] = ()) -> dict[str, Path]:
    """The files of a directorate, by name; `others`: the names of workbooks of single kabupaten."""
    return {name: target.folder_of(name) / name for name in (*_FILES, f"{RESTRICTED_WORKBOOK}.xlsx", *others)}


def present_files(target: Target) -> dict[str, Path]:
    """Those that are there, by name, of whichever kabupaten; not what was kept because somebody had edited it."""
    parts = [*target.folder.glob(f"{WORKBOOK} - *.xlsx"), *target.restricted.glob(f"{RESTRICTED_WORKBOOK} - *.xlsx")]
    known = files_of(target, sorted(path.name for path in parts if not fnmatchcase(path.name, KEPT)))
    return {name: path for name, path in known.items() if path.exists()}


def digests_of(files: Mapping[str, Path]) -> dict[str, str]:
    """The SHA-256 of each of some files. Several are read at a time, as hundreds of workbooks are."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return dict(zip(files, threads.map(sha256_of, files.values()), strict=True))


def standing(target: Target, inputs: str, holds: Callable[[Path, str], bool] = holds) -> Published | None:
    """What was published last, if it was made from these inputs and stands as it was written. `holds`: says whether a
    file has a hash."""
    note = read_note(target.folder / NOTE)
    if note.get("inputs") != inputs:
        return None
    present, written = present_files(target), note.get("files", {})
    if written.keys() != present.keys() or not all(holds(path, written[name]) for name, path in present.items()):
        return None
    return Published(int(note["rows"]), written, changed=False)
