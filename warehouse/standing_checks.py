"""What the standing checks found, run after run: a note that grows by a line whenever a count changed.

Every run says in the chain how long the note was when it ended; the line that came then is compared with the warehouse.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from warehouse.connection import opened
from warehouse.files import add_lines, locked
from warehouse.home import DataHome


def history_of_checks(home: DataHome) -> Path:
    """Where the note lies: JSON lines of `run_id`, `at` (UTC) and `found`, which has for each check how many it found,
    and among how many. A convenience: the counts of each run follow from its tables."""
    return home.audit / "checks.jsonl"


def note_checks(home: DataHome, *, run_id: str, at: datetime) -> dict[str, int]:
    """Add what the checks find in the warehouse, unless they found the same last; returns how many each found."""
    found = _found_now(home)
    with locked(home.audit / ".lock"):
        before = read_checks(home)
        if not before or before[-1]["found"] != found:
            entry = {"run_id": run_id, "at": at.isoformat(timespec="seconds"), "found": found}
            add_lines(history_of_checks(home), [entry])
    return {check: count for check, (count, _) in found.items()}


def other_checks(home: DataHome) -> list[str]:
    """The path of the note, where a line of it is damaged, or the last says something else than the checks find now."""
    path, lines = history_of_checks(home), read_checks(home)
    whole = path.exists() and len(path.read_bytes().splitlines()) == len(lines)
    right = whole and lines[-1:] and lines[-1]["found"] == _found_now(home)
    return [] if right else [path.relative_to(home.root).as_posix()]


def _found_now(home: DataHome) -> dict[str, list[int]]:
    """For each check how many it finds in the warehouse, and among how many."""
    with opened(home.warehouse, read_only=True) as con:
        rows = con.execute('SELECT "check", found, among FROM audit.checks ORDER BY ALL').fetchall()
    return {check: [count, among] for check, count, among in rows}


def read_checks(home: DataHome) -> list[dict[str, Any]]:
    """The lines of the note, oldest first; one that is damaged is left out."""
    path = history_of_checks(home)
    found = []
    for line in path.read_bytes().splitlines() if path.exists() else []:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and isinstance(entry.get("found"), dict):
            found.append(entry)
    return found
