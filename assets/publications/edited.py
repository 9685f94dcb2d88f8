"""Workbooks that people type into where they lie: never overwritten, always kept under a second name."""

from __future__ import annotations

from pathlib import Path

from warehouse.files import sha256_of


def keep_if_edited(path: Path, written: str | None) -> Path | None:
    """Give `path` a second name if it is no longer the file that was `written` (SHA-256; None: unknown).

    Gives the second name, or None where there was nothing to keep. `path` itself stays in place.
    """
    if written is None or not path.exists():
        return None
    present = sha256_of(path)
    if present == written:
        return None
    kept = path.with_name(f"{path.stem} (suntingan {present[:8]}){path.suffix}")
    if not kept.exists():
        kept.hardlink_to(path)
    return kept
