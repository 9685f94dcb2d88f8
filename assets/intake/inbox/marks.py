"""The marks that a file of ours carries when it comes back: what it corrects, or whose answers it holds.

Runs in the isolated children: imports no library of frames, which would take longer to load than the files to read.
"""

from __future__ import annotations

import re
from pathlib import Path

from assets.intake.formats.archive import Archive
from assets.intake.formats.limits import DEFAULT
from assets.intake.formats.original import bytes_to_read
from assets.intake.sheets.file_reading import WHERE_MARKED, peek
from validation.answers import MARK
from validation.directorates import directorates

CORRECTS = "mengoreksi"
"""In a declaration: the submission that a corrections workbook says it corrects; read from the file, not a sidecar."""
ANSWERS = "jawaban"
"""In a declaration: the directorate whose answers a workbook holds; read from the file, not a sidecar."""
_MARKED = re.compile(
    MARK.encode() + rb".{0,200}?\b(" + "|".join(directorates()).encode() + rb")(?: (\d{1,15}))?<", re.DOTALL
)


def look_inside(path: str) -> tuple[str, dict[str, str]]:
    """What a file's bytes are, and the marks it carries: the submission that it says it corrects, or the directorate
    that it was published for. Raises `formats.Unreadable`."""
    kind, corrects = peek(path)
    marks = {CORRECTS: corrects} if corrects else {}
    if kind in ("xlsx", "xlsm", "ods") and (found := _mark(path)):
        marks[ANSWERS] = found[1].decode()
    return kind, marks


def answers_shown(path: str) -> int | None:
    """How many answers were recorded when a workbook for answers was made; None where it does not say (up to 0.1.0).

    Raises `formats.Unreadable`.
    """
    found = _mark(path)
    return int(found[2]) if found and found[2] else None


def _mark(path: str) -> re.Match[bytes] | None:
    archive = Archive(bytes_to_read(Path(path)), DEFAULT)
    found = [_MARKED.search(archive.read(part)) for part in WHERE_MARKED if part in archive]
    return next((mark for mark in found if mark), None)
