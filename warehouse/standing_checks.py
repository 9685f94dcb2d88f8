"""What the standing checks found, run after run: a note that grows by a line whenever a count changed."""

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
    and among how many. A convenience, no evidence: the counts of each run follow from its tables."""
    return home.audit / "checks.jsonl"


def note_checks(home: DataHome, *, run_id: str, at: datetime) -> dict[str, int]:
    """Add what the checks find in the warehouse, unless they found the same last; returns how many each found."""
    with opened(home.warehouse, read_only=True) as con:
        rows = con.execute('SELECT "check", found, among FROM audit.checks ORDER BY ALL').fetchall()
    found = {check: [count, among] for check, count, among in rows}
    with locked(home.audit / ".lock"):
        before = read_checks(home)
        if not before or before[-1]["found"] != found:
            entry = {"run_id": run_id, "at": at.isoformat(timespec="seconds"), "found": found}
            add_lines(history_of_checks(home), [entry])
    return {check: count for check, count, _ in rows}


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
