"""Workbooks that people type into where they lie: never overwritten, always kept under a second name.

Danger: who writes a workbook and then notes its hash may be killed between the two; the next run takes the workbook for
edited, or does not know what it wrote. Remedy: the note is written before the workbook gets its name, and holds the
hash of the one in place, too.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from warehouse.files import sha256_of

KEPT = "* (suntingan *"
"""The names of what `keep_if_edited` kept, as a pattern."""


def keep_if_edited(path: Path, written: Collection[str] | None) -> Path | None:
    """Give `path` a second name if it is none of the files that were `written` (SHA-256; None: unknown).

    Gives the second name, or None where there was nothing to keep. `path` itself stays in place.
    """
    if written is None or not path.exists():
        return None
    present = sha256_of(path)
    if present in written:
        return None
    kept = path.with_name(f"{path.stem} (suntingan {present[:8]}){path.suffix}")
    if not kept.exists():
        kept.hardlink_to(path)
    return kept
