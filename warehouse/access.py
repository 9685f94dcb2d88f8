"""The ledger of who opened, through this program, a file that holds identities whole. It only grows."""

from __future__ import annotations

import json
import os
import pwd
from datetime import UTC, datetime
from pathlib import Path

from warehouse.files import locked, private_folder
from warehouse.home import DataHome


def login_name() -> str:
    """The name of the account that runs this process; its number where it has none."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def log_opening(home: DataHome, path: Path, purpose: str) -> None:
    """Write down that `path` is opened, when, by which account of this machine and what for. Holds no personal value.

    `path` is given as it lies in the data home. Raises `OSError` where it cannot be written: then nothing is opened.
    """
    ledger = access_ledger(home)
    entry = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "by": login_name(),
        "file": path.relative_to(home.root).as_posix(),
        "purpose": purpose,
    }
    private_folder(ledger.parent)
    with locked(ledger.with_suffix(".lock")):
        handle = os.open(ledger, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as lines:
            lines.write(json.dumps(entry) + "\n")
            lines.flush()
            os.fsync(lines.fileno())


def access_ledger(home: DataHome) -> Path:
    """Where the ledger lies: JSON, one line an opening."""
    return home.root / "access" / "opened.jsonl"
