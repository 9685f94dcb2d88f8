"""The bytes of a file to be read in an isolated child: those that its name in the archive promises, or none."""

from pathlib import Path

from assets.intake.formats.messages import unreadable
from assets.intake.formats.workbook import Unreadable
from warehouse.archive import DamagedOriginalError, read_original

DAMAGED = "original_damaged"
"""The code of a file whose archived copy is damaged or missing: it says nothing about what was sent."""


def bytes_to_read(path: Path, most: int | None = None) -> bytes:
    """All bytes of a file. Raises `Unreadable`: over `most` bytes, or `DAMAGED`."""
    try:
        if most is not None and path.stat().st_size > most:
            raise unreadable("too_large")
        return read_original(path)
    except (DamagedOriginalError, OSError):
        raise unreadable(DAMAGED) from None


def is_damaged(result: object) -> bool:
    """Whether a file was not read because its archived copy is damaged or missing."""
    return isinstance(result, Unreadable) and result.code == DAMAGED
