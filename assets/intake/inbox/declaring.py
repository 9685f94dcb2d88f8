"""What is declared of each submission: by sidecars, the list that it corrects, or the folder to which it was moved."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from assets.intake.formats.isolation import ReaderPool
from assets.intake.formats.limits import Limits
from assets.intake.formats.workbook import Unreadable
from assets.intake.inbox.marks import ANSWERS, CORRECTS
from assets.intake.inbox.placement import place, place_by_path
from assets.intake.read_once import read_packed
from assets.intake.sidecar import FAULTS, canonical_json, declaration_of
from warehouse.archive import archived

_NOT_INHERITED = (CORRECTS, "menggantikan", "ditarik", FAULTS)


def moved_since(
    rows: Mapping[str, Mapping[str, Any]],
    said: Mapping[str, list[tuple[str, dict[str, Any]]]],
    receipts: Iterable[Mapping[str, Any]],
    archive: Path,
    workers: int,
    limits: Limits,
) -> dict[str, dict[str, Any]]:
    """Village and period of lists that the path at which they were registered leaves without a village, or with one
    that their title contradicts, and that were seen since in a folder of a village: the newest that fits, as its path
    says it. So a list that waits for its village may be moved to where it belongs. Of a list that has its village
    nothing follows from where else it lies."""
    paths: dict[str, list[str]] = {}
    for receipt in sorted(receipts, key=lambda r: (-r["seq"], r["path"])):
        paths.setdefault(receipt["submission_id"], []).append(receipt["path"])
    elsewhere: dict[str, list[str]] = {}
    for sid in sorted(said.keys() & paths.keys()):
        first = rows[sid]["path"]
        if len(paths[sid]) > 1 and ANSWERS not in declaration_of(rows[sid]["declaration"] or ""):
            villages = {path: place_by_path(path, {}).kode_desa for path in paths[sid]}
            elsewhere[sid] = [path for path, code in villages.items() if code and code != villages[first]]
    due = [sid for sid, others in elsewhere.items() if others]
    declared = {sid: _declaration(rows[sid]["path"], said[sid]) for sid in due}
    found: dict[str, dict[str, Any]] = {}
    with ReaderPool(workers, limits) as pool:
        calls = [(str(archived(archive, sid)), canonical_json(declared[sid]), rows[sid]["path"]) for sid in due]
        for index, packed in pool.map(read_packed, calls):
            sid = due[index]
            result = None if isinstance(packed, Unreadable) else pickle.loads(packed)
            if result is None or not place(rows[sid]["path"], declared[sid], result).hold:
                continue
            fitting = (path for path in elsewhere[sid] if not place(path, declared[sid], result).hold)
            if path := next(fitting, None):
                found[sid] = _stated_by(path)
    return found


def declare(
    rows: Mapping[str, dict[str, Any]], sid: str, said: Iterable[tuple[str, dict[str, Any]]], moved: Mapping[str, Any]
) -> bool:
    """Write down what is declared of a submission, and `moved`, where its sidecars do not say it; True where that is
    news."""
    row = rows[sid]
    declared = {**moved, **_declaration(row["path"], said)}
    marks = {k: v for k, v in declaration_of(row["declaration"] or "").items() if k in (CORRECTS, ANSWERS)}
    if original := rows.get(marks.get(CORRECTS, "")):
        declared = _inherited(original, row["path"]) | declared
    text = canonical_json(declared | marks)
    if text == row["declaration"]:
        return False
    row["declaration"] = text
    return True


def _inherited(original: Mapping[str, Any], path: str) -> dict[str, Any]:
    """What a corrected copy at `path` takes over: its original's declaration, and village and period where its own
    path names none."""
    declared = {k: v for k, v in declaration_of(original["declaration"] or "").items() if k not in _NOT_INHERITED}
    placed = {"kode_desa": original["kode_desa"], "periode": original["periode"]}
    found, stated = declared | {key: value for key, value in placed.items() if value}, _stated_by(path)
    return {key: value for key, value in found.items() if key not in stated}


def _stated_by(path: str) -> dict[str, Any]:
    """Village and period, as far as a path says them."""
    by_path = place_by_path(path, {})
    stated = {"kode_desa": by_path.kode_desa, "periode": by_path.periode}
    return {key: value for key, value in stated.items() if value}


def _declaration(first_path: str, said: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """What is declared of a content that lies at several paths: at the registered one, else at the first by name."""
    ordered = sorted(said, key=lambda pair: (pair[0] != first_path, pair[0]))
    return ordered[0][1]
