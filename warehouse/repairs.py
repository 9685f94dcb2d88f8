"""The log of what was found damaged and what was done about it: one JSON object a line, `lake/_repairs.jsonl`."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

LOG = "_repairs.jsonl"


class Repair(NamedTuple):
    """`kind`: a key under `repair.` in `pipelines/texts/results.yml`. `what`: a file or table, no value. `at`: UTC."""

    kind: str
    what: str
    at: str


def note_repair(lake: Path, kind: str, what: str) -> None:
    """Add an entry to the log."""
    entry = Repair(kind, what, datetime.now(UTC).replace(tzinfo=None).isoformat())
    handle = os.open(lake / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, b"\n" + json.dumps(entry._asdict()).encode() + b"\n")  # whatever a torn line left behind
    finally:
        os.close(handle)


def repairs(lake: Path, *, since: datetime) -> list[Repair]:
    """The entries from a moment (UTC) on, in order; torn lines count as absent."""
    try:
        lines = (lake / LOG).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    found = [repair for line in lines if line and (repair := _read(line)) and repair.at >= since.isoformat()]
    return list(dict.fromkeys(found))


def _read(line: bytes) -> Repair | None:
    try:
        return Repair(**json.loads(line))
    except (ValueError, TypeError, RecursionError):
        return None
