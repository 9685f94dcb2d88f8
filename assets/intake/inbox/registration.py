"""Registering what the inbox holds: each content archived once, each path at which it was seen, each placed.

Idempotent: the same inbox registered twice gives the same registry. A file that has gone from the inbox stays.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from assets.intake.failing import or_failed
from assets.intake.formats.isolation import ReaderPool
from assets.intake.formats.limits import DEFAULT, Limits
from assets.intake.formats.original import is_damaged
from assets.intake.formats.parcel import Member
from assets.intake.formats.workbook import Unreadable
from assets.intake.frames import rows_of
from assets.intake.inbox.answers import register_answers
from assets.intake.inbox.archived_before import ArchivedBefore
from assets.intake.inbox.archiving import (
    ClosedFileError,
    DamagedMemberError,
    archive_together,
)
from assets.intake.inbox.declaring import declare, moved_since
from assets.intake.inbox.discovery import CLOSED, Discovery, FoundFile
from assets.intake.inbox.marks import ANSWERS, CORRECTS, look_inside
from assets.intake.inbox.placement import Placed, place, place_by_path
from assets.intake.read_once import KEPT, read_packed
from assets.intake.reading import findings_of, reading_of, readings_frame
from assets.intake.sheets.file_reading import FileResult
from assets.intake.sidecar import FAULTS, canonical_json, declaration_of
from assets.intake.tries import Tries, is_stopped
from assets.intake.turns import in_turn
from validation.findings import finding, findings_frame
from warehouse.archive import archived, set_aside_if_damaged

SUBMISSIONS = ("submission_id", "path", "format", "size_bytes", "received_at", "kode_desa", "kode_kabupaten", "periode",
               "declaration", "run_id")  # fmt: skip
SIDECARS = ("path", "sidecar_id", "size_bytes", "received_at")
RECEIPTS = ("path", "submission_id", "received_at", "seq")


@dataclass(frozen=True)
class Registry:
    """`submissions`: one row a distinct content. `receipts`: one row each time a path was seen with other content.
    `sidecars`: one row for each path of a sidecar and each content that it had."""

    submissions: pd.DataFrame
    receipts: pd.DataFrame
    sidecars: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(SIDECARS)))


@dataclass(frozen=True)
class Registration:
    """The registry after a look, and what became of files that could not be placed in a kabupaten and period."""

    registry: Registry
    touched: list[tuple[str, str]]
    findings: pd.DataFrame
    readings: pd.DataFrame
    proposals: pd.DataFrame
    answers: pd.DataFrame = field(default_factory=pd.DataFrame)
    """What directorates answered: the table `raw_answers`."""
    not_registered: Mapping[str, str] = field(default_factory=dict)
    """What was seen and has to wait, by path, each with its reason (`discovery.py`)."""
    looks: Mapping[str, int] = field(default_factory=dict)
    """Submissions that could not be looked into because that was stopped, each with the number of runs."""


def register(
    discovery: Discovery,
    archive: Path,
    registry: Registry,
    *,
    received_at: datetime,
    run_id: str,
    workers: int,
    tries: Tries | None = None,
    looks: Mapping[str, int] | None = None,
    limits: Limits = DEFAULT,
    before: ArchivedBefore | None = None,
) -> Registration:
    """Archive and register every file of a look; place the new ones, those declared anew, and those unplaced so far.

    `received_at` is UTC without a zone, and decides nothing: the order in which contents came is `seq` of `receipts`,
    the number of the look that saw them. A file is placed by declaration and path, and only where these do not say
    both village and period by reading its titles, in isolated children. A file that cannot be read now is not
    registered, and costs no other file anything. `tries`: which unplaced files are not read again. `looks`: in how many
    runs looking into a file was stopped. `before`: which files need not be hashed again, and, afterwards, which need
    not be at the next look. Raises `ArchiveError` where the archive cannot be written.
    """
    tries = tries or Tries()
    rows: dict[str, dict[str, Any]] = {r["submission_id"]: r for r in rows_of(registry.submissions)}
    receipts = rows_of(registry.receipts)
    latest = {r["path"]: r["submission_id"] for r in sorted(receipts, key=lambda r: r["seq"])}
    seq = max((r["seq"] for r in receipts), default=0) + 1
    said: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    fresh: set[str] = set()
    not_registered = dict(discovery.waiting)
    for file, sid, size in _archived(discovery.files, archive, not_registered, before or ArchivedBefore(archive)):
        if sid not in rows:
            rows[sid] = dict.fromkeys(SUBMISSIONS) | {
                "submission_id": sid,
                "path": file.path,
                "size_bytes": size,
                "received_at": received_at,
                "run_id": run_id,
            }
            fresh.add(sid)
        if latest.get(file.path) != sid:
            receipts.append({"path": file.path, "submission_id": sid, "received_at": received_at, "seq": seq})
            latest[file.path] = sid
        said.setdefault(sid, []).append((file.path, file.declaration))
    for path, declaration in discovery.orphans.items():
        if path in latest and latest[path] not in said:
            stated = declaration_of(rows[latest[path]]["declaration"] or "")
            stated = {key: value for key, value in stated.items() if key != FAULTS}
            said[latest[path]] = [(path, {**stated, **declaration})]
    evidence = _archived_sidecars(discovery, archive, registry.sidecars, received_at)
    with ReaderPool(workers, limits):
        stopped = _look_inside(rows, archive, workers, limits, dict(looks or {}), tries.most)
        placed_before = {sid: _partition(row) for sid, row in rows.items()}
        moved = moved_since(rows, said, receipts, archive, workers, limits)
        results: dict[str, tuple[FileResult | Unreadable, Placed | None]] = {}
        for wave in _originals_first(rows):
            fresh |= {sid for sid in wave if sid in said and declare(rows, sid, said[sid], moved.get(sid, {}))}
            due = [s for s in wave if s in fresh or (_partition(rows[s]) is None and tries.given_up(s) is None)]
            results |= _place(rows, due, archive, workers, limits, tries)
        made = _registration(discovery, rows, receipts, latest, results, placed_before, fresh, tries)
        readings, answers = register_answers(rows, archive, workers, tries, limits)
    return replace(
        made,
        readings=readings_frame([*rows_of(made.readings), *readings]),
        answers=answers,
        not_registered=dict(sorted(not_registered.items())),
        looks=stopped,
        registry=replace(made.registry, sidecars=evidence),
    )


def _archived(
    files: Sequence[FoundFile], archive: Path, not_registered: dict[str, str], before: ArchivedBefore
) -> Iterator[tuple[FoundFile, str, int]]:
    """Archive files; each with its hash and size. What cannot be read now is added to `not_registered`. Of a zip
    archive with a damaged member the archive itself comes last: it is rejected, and the reason names the member."""
    damaged: dict[str, FoundFile] = {}
    others = []
    for file in files:
        if known := before.known(file):
            yield file, *known
        else:
            others.append(file)
    beside = archive_together([(file.source, file.size) for file in others], archive)
    for file, archiving in zip(others, beside, strict=True):
        try:
            sid, size = archiving()
        except DamagedMemberError:
            assert isinstance(file.where, Member) and file.parcel
            damaged[file.parcel] = replace(file, path=file.parcel, where=str(file.where.archive))
        except ClosedFileError:
            not_registered[file.path] = CLOSED
        else:
            before.add(file, sid)
            yield file, sid, size
    if damaged:
        yield from _archived(list(damaged.values()), archive, not_registered, before)


def _archived_sidecars(discovery: Discovery, archive: Path, known: pd.DataFrame, received_at: datetime) -> pd.DataFrame:
    """Archive the bytes of every sidecar, which are evidence as those of a list are; all that were ever seen."""
    rows = {(row["path"], row["sidecar_id"]): row for row in rows_of(known)}
    found = [(content, len(content) if isinstance(content, bytes) else 0) for content in discovery.sidecars.values()]
    for path, archiving in zip(discovery.sidecars, archive_together(found, archive), strict=True):
        try:
            sid, size = archiving()
        except ClosedFileError:
            continue  # it holds its files, whatever it says
        row = {"path": path, "sidecar_id": sid, "size_bytes": size, "received_at": received_at}
        rows.setdefault((path, sid), row)
    frame = pd.DataFrame([rows[key] for key in sorted(rows)], columns=list(SIDECARS), dtype="object")
    kinds = {"size_bytes": "Int64", "received_at": "datetime64[us]"}
    return frame.astype({name: kinds.get(name, "str") for name in SIDECARS})


def _originals_first(rows: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """All submissions, those that correct another one after it: a corrected copy takes over what its original has."""

    def corrects(sid: str) -> str | None:
        return declaration_of(rows[sid]["declaration"] or "").get(CORRECTS)

    waves: dict[int, list[str]] = {}
    for sid in sorted(rows):
        chain = [sid]
        while (original := corrects(chain[-1])) in rows and original not in chain:
            chain.append(str(original))
        waves.setdefault(len(chain), []).append(sid)
    return [waves[depth] for depth in sorted(waves)]


def _look_inside(
    rows: Mapping[str, dict[str, Any]],
    archive: Path,
    workers: int,
    limits: Limits,
    stopped: dict[str, int],
    most: int,
) -> dict[str, int]:
    """Fill in the format of contents not looked into so far, and the marks they carry.

    `stopped`: in how many runs that was stopped, by submission; the same comes out for the next run.
    """
    new = [sid for sid, row in sorted(rows.items()) if row["format"] is None or 0 < stopped.get(sid, 0) < most]
    if not new:
        return stopped
    with ReaderPool(workers, limits) as pool:
        for index, result in pool.map(look_inside, [(str(archived(archive, sid)),) for sid in new]):
            sid = new[index]
            row = rows[sid]
            if is_damaged(result):
                stopped[sid] = 1  # looked into again until it is whole
            elif is_stopped(result):
                stopped[sid] = stopped.get(sid, 0) + 1
            else:
                stopped.pop(sid, None)
            row["format"], marks = ("unknown", {}) if isinstance(result, Unreadable) else result
            if marks and marks.get(CORRECTS) != sid:
                row["declaration"] = canonical_json(declaration_of(row["declaration"] or "") | marks)
    return stopped


def _partition(row: Mapping[str, Any]) -> tuple[str, str] | None:
    return (row["kode_kabupaten"], row["periode"]) if row["kode_kabupaten"] and row["periode"] else None


def _place(
    rows: Mapping[str, dict[str, Any]], due: list[str], archive: Path, workers: int, limits: Limits, tries: Tries
) -> dict[str, tuple[FileResult | Unreadable, Placed | None]]:
    """Fill in village, kabupaten and period of the submissions due; returns what reading those that stay unclear gave.
    What it gave of others is kept (`read_once.py`)."""
    unclear, earlier = [], {}
    for sid in due:
        row = rows[sid]
        if ANSWERS in declaration_of(row["declaration"] or ""):
            continue  # a directorate's, of many villages
        earlier[sid] = {name: row[name] for name in ("kode_desa", "kode_kabupaten", "periode")}
        by_path = place_by_path(row["path"], declaration_of(row["declaration"]))
        row |= {"kode_desa": by_path.kode_desa, "kode_kabupaten": by_path.kode_kabupaten, "periode": by_path.periode}
        if not (by_path.kode_desa and by_path.periode):
            unclear.append(sid)
    results: dict[str, tuple[FileResult | Unreadable, Placed | None]] = {}
    if not unclear:
        return results
    turns = []
    for sid in unclear:
        path = rows[sid]["path"]
        turn = tries.turn(
            sid, path, int(rows[sid]["size_bytes"]), (str(archived(archive, sid)), rows[sid]["declaration"], path)
        )
        turns.append(turn._replace(read=turn.read or bool(earlier[sid]["kode_kabupaten"])))
    with ReaderPool(workers, limits) as pool:
        for index, packed in in_turn(pool, read_packed, turns):
            sid, row = unclear[index], rows[unclear[index]]
            result = packed if isinstance(packed, Unreadable) else pickle.loads(packed)
            if is_damaged(result):
                set_aside_if_damaged(archived(archive, sid))
                row |= earlier[sid]  # as when its titles could be read
                results[sid] = (result, None)
                continue
            found = result if isinstance(result, Unreadable) else or_failed(_placed, row, result)
            if isinstance(found, Unreadable):
                if not is_stopped(found):  # what it is of, only its titles can say
                    row["periode"] = row["periode"] or str(row["received_at"].year)
                results[sid] = (found, None)
                continue
            read, placed = found
            row |= {"format": read.format, "kode_desa": placed.kode_desa, "periode": placed.periode,
                    "kode_kabupaten": placed.kode_kabupaten or row["kode_kabupaten"]}  # fmt: skip
            if _partition(row) is None:
                results[sid] = found
            else:
                KEPT.keep(turns[index].arguments, packed)  # its partition makes its rows
    return results


def _placed(row: Mapping[str, Any], result: FileResult) -> tuple[FileResult, Placed]:
    declared, year = declaration_of(row["declaration"]), row["received_at"].year
    return result, place(row["path"], declared, result, year)


def _registration(
    discovery: Discovery,
    rows: Mapping[str, dict[str, Any]],
    receipts: list[dict[str, Any]],
    latest: Mapping[str, str],
    results: Mapping[str, tuple[FileResult | Unreadable, Placed | None]],
    before: Mapping[str, tuple[str, str] | None],
    fresh: set[str],
    tries: Tries,
) -> Registration:
    proposals, found = [], []
    unplaced = {sid for sid, row in rows.items() if _partition(row) is None and sid not in results}
    readings = [dict(row) for sid in sorted(unplaced) if (row := _given_up(rows[sid], tries))]
    for sid, (result, placed) in sorted(results.items()):
        if _partition(rows[sid]) is not None:
            continue  # its partition reads it, and says what became of it
        reading = reading_of(rows[sid], result, placed, tries)
        readings.append(reading)
        if isinstance(result, FileResult) and placed:
            found += findings_of(sid, result, placed)
            if result.proposal:
                proposals.append({"submission_id": sid, "text": result.proposal})
    for path, code, facts in discovery.problems:
        if (about := path.rsplit(".", 1)[0]) in latest:
            found.append(finding(code, submission_id=latest[about], sheet=None, row=None, **facts))
    touched = {_partition(rows[sid]) for sid in fresh} | {
        then for sid, then in before.items() if then != _partition(rows[sid])
    }
    return Registration(
        Registry(_submissions(rows.values()), _receipts(receipts)),
        sorted(partition for partition in touched if partition),
        findings_frame(found),
        readings_frame(readings),
        pd.DataFrame(proposals, columns=["submission_id", "text"], dtype="str"),
    )


def _given_up(row: Mapping[str, Any], tries: Tries) -> Mapping[str, Any] | None:
    """The earlier reading of an unplaced list that is not read again."""
    return None if ANSWERS in declaration_of(row["declaration"] or "") else tries.given_up(row["submission_id"])


def _submissions(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    by_id = {str(row["submission_id"]): row for row in rows}
    frame = pd.DataFrame([by_id[sid] for sid in sorted(by_id)], columns=list(SUBMISSIONS), dtype="object")
    kinds = {"size_bytes": "Int64", "received_at": "datetime64[us]"}
    return frame.astype({name: kinds.get(name, "str") for name in SUBMISSIONS})


def _receipts(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    ordered = sorted(rows, key=lambda r: (r["path"], r["seq"]))
    frame = pd.DataFrame(ordered, columns=list(RECEIPTS), dtype="object")
    return frame.astype({"path": "str", "submission_id": "str", "received_at": "datetime64[us]", "seq": "Int64"})
