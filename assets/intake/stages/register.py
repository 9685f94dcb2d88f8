"""Registering files: what lies in the inbox is archived, registered, and placed in its kabupaten and period."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping, Set
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd

from assets.intake.inbox.archived_before import ArchivedBefore
from assets.intake.inbox.archiving import ClosedFileError, archive_file
from assets.intake.inbox.discovery import COPYING, Discovery, discover
from assets.intake.inbox.glance import glance
from assets.intake.inbox.lost_registry import require_registry
from assets.intake.inbox.registration import Registration, Registry, register
from assets.intake.inbox.sidecars import noted
from assets.intake.inbox.states import with_new_states
from assets.intake.kept_readings import damaged_originals, keep_readings
from assets.intake.stages.read import CODE, DAMAGED, READ, earlier_tries
from assets.intake.tries import is_to_be_read_again
from assets.intake.turns import limits_of
from warehouse.archive import missing, names_in, put_back
from warehouse.code import code_digest
from warehouse.files import appearance_of, read_note, sweep, sweep_scratch, write_whole
from warehouse.home import DataHome
from warehouse.lake import Lake, Manifest, digest_of
from warehouse.last_look import last_look
from warehouse.registered import NOT_REGISTERED, lost_originals
from warehouse.repairs import note_repair
from warehouse.stage import UNFINISHED, Content, Stage, StageResult, StageRun, is_made, run_stage

_LOOKS, _SETTLED = "looks_stopped", "settled"


def look(home: DataHome, *, remember: bool) -> Discovery:
    """Look into the inbox. With `remember`, the next look knows which files have not changed since this one, and what
    their sidecars say."""
    last = read_note(_memory(home))
    earlier = {path: (seen[0], seen[1]) for path, seen in last.get("files", {}).items()}
    found = _look(home, earlier, last.get("sidecars"))
    said = last.get("sidecars") if found.believed else noted(found.sidecars)
    if remember and (found.looks != earlier or said != last.get("sidecars")):
        write_whole(_memory(home), json.dumps({"files": found.looks, "sidecars": said}).encode())
    return found


def look_anew(home: DataHome, seen: Discovery) -> Discovery:
    """The look `seen` once more, where all sidecars are read, whatever was noted of them, and noted then."""
    whole = {path: look for path, look in seen.looks.items() if seen.waiting.get(path) != COPYING}
    found = _look(home, whole, None)
    write_whole(_memory(home), json.dumps({"files": found.looks, "sidecars": noted(found.sidecars)}).encode())
    return found


def _look(home: DataHome, earlier: Mapping[str, tuple[int, int]], note: object) -> Discovery:
    return discover(
        home.inbox,
        now=time.time(),
        settle_seconds=home.settle_seconds,
        earlier=earlier,
        ours=cache(lambda: _files_of(home)),
        note=note,
    )


def _memory(home: DataHome) -> Path:
    """Where it is noted what the last look saw."""
    return home.lake / "_looks.json"


def _files_of(home: DataHome) -> frozenset[tuple[int, int]]:
    """Device and number of every file of the data home, the inbox apart."""
    found = set()
    for folder, folders, names in os.walk(home.root):
        folders[:] = [name for name in folders if Path(folder, name) != home.inbox]
        for name in names:
            with suppress(OSError):
                about = os.lstat(os.path.join(folder, name))  # noqa: PTH118 -- a hundred thousand of them
                found.add((about.st_dev, about.st_ino))
    return frozenset(found)


def look_twice(home: DataHome) -> Discovery:
    """Look into the inbox, and once more after `home.second_look_seconds` if files are still being copied."""
    discovery = look(home, remember=True)
    if discovery.waiting and home.second_look_seconds:
        time.sleep(home.second_look_seconds)
        discovery = look(home, remember=True)
    return discovery


def listing_digest(discovery: Discovery) -> str:
    """One hash over what lies in the inbox: files by path, size, time and declaration, what waits, and the sidecars,
    also those of files that have gone.

    Equal means that there is nothing new to register.
    """
    files = [[f.path, f.size, f.mtime_ns, f.declaration] for f in discovery.files]
    sidecars = {path: _digest_of_sidecar(content) for path, content in discovery.sidecars.items()}
    return digest_of(files, discovery.orphans, discovery.waiting, sidecars)


def settled_digest(discovery: Discovery) -> str:
    """The same, but for files that are still being copied: they are no news before they are whole."""
    waiting = {path: reason for path, reason in discovery.waiting.items() if reason != COPYING}
    return listing_digest(replace(discovery, waiting=waiting))


def news(lake: Lake, discovery: Discovery) -> bool:
    """Whether a look found what the last registration did not see, files that are still being copied aside."""
    manifest = lake.manifest(REGISTER.name)
    if manifest is None:
        return bool(discovery.files or discovery.orphans)
    return bool(manifest.facts.get(_SETTLED) != settled_digest(discovery))


def tables_of(made: Registration) -> dict[str, pd.DataFrame]:
    """What came of registering, as the tables of the lake; without the states that there were before."""
    return {
        "submissions": made.registry.submissions,
        "receipts": made.registry.receipts,
        "sidecars": made.registry.sidecars,
        "unplaced_readings": made.readings,
        "unplaced_proposals": made.proposals,
        "registration_findings": made.findings,
        "raw_answers": made.answers,
    }


def _digest_of_sidecar(content: bytes | Path) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    return f"{content.stat().st_size} {content.stat().st_mtime_ns}" if content.exists() else ""


def _compute(run: StageRun) -> tuple[Content, dict[str, Any]]:
    discovery: Discovery = run.settings
    registry = Registry(run.read("submissions"), run.read("receipts"), run.read("sidecars"))
    before = run.before
    note = run.home.lake / "_archived.json"
    archived = ArchivedBefore(run.home.archive, read_note(note))
    made = register(
        discovery,
        run.home.archive,
        registry,
        received_at=run.at,
        run_id=run.run_id,
        workers=run.home.workers,
        tries=earlier_tries(run, "unplaced_readings", REGISTER.module),
        looks=before.facts.get(_LOOKS) if before else None,
        limits=limits_of(run.home),
        before=archived,
    )
    write_whole(note, json.dumps(archived.note()).encode())
    states = with_new_states(
        run.read("registrations"), made.registry.submissions, made.registry.receipts, discovery.problems,
        at=run.at, run_id=run.run_id,
    )  # fmt: skip
    tables = tables_of(made) | {"registrations": states}
    damaged = damaged_originals(made.readings)
    if damaged:
        read = ("unplaced_readings", "unplaced_proposals", "registration_findings", "raw_answers")
        earlier = {table: run.read(table) for table in read}
        tables |= keep_readings({table: tables[table] for table in read}, earlier, "unplaced_readings")
    failed = made.not_registered.keys() - discovery.waiting.keys()  # they look as if they had been registered
    facts = {
        _SETTLED: settled_digest(discovery),
        NOT_REGISTERED: dict(made.not_registered),
        _LOOKS: dict(made.looks),
        CODE: code_digest(REGISTER.module),
        DAMAGED: damaged,
        UNFINISHED: bool(failed)
        or is_to_be_read_again(made.readings)
        or any(count < run.home.read_attempts for count in made.looks.values()),
    }
    return tables, facts


REGISTER = Stage(
    name="submissions",
    reads=(),
    remembers=(
        "submissions",
        "receipts",
        "sidecars",
        "registrations",
        "unplaced_readings",
        "unplaced_proposals",
        "registration_findings",
        "raw_answers",
    ),
    settings=look_twice,
    fingerprint=listing_digest,
    compute=_compute,
)


def _state(home: DataHome, manifest: Manifest | None, inbox: str, originals: Set[str]) -> str:
    """One hash over what registering would look at: how the inbox looks, which originals there are, what was noted and
    registered, the code. Empty where that does not tell whether there is anything to do."""
    if manifest is None or not inbox or not manifest.rows.get("submissions") or _unfinished(manifest):
        return ""
    notes = appearance_of(f"{_memory(home)}")
    return digest_of(inbox, sorted(originals), notes, manifest.inputs, manifest.digest, code_digest(REGISTER.module))


def _unfinished(manifest: Manifest) -> bool:
    return bool(manifest.facts.get(UNFINISHED) or manifest.facts.get(DAMAGED))


def _heal(home: DataHome, lake: Lake, discovery: Discovery) -> None:
    """Bring back archived files that were damaged or lost, and have what could not be read of them read again."""
    lost = lost_originals(home, lake)
    ids, sizes = {each.submission_id for each in lost}, {each.size_bytes for each in lost}
    wanted = ids - set(put_back(home.archive, ids))
    for file in discovery.files if wanted else ():
        if file.size in sizes:
            with suppress(ClosedFileError):
                archive_file(file.source, home.archive)
    for sid in ids - set(missing(home.archive, ids)):
        note_repair(home.lake, "original_back", sid)
    for stage in (REGISTER, READ):
        for partition in (None, *lake.partitions(stage.name)):
            manifest = lake.manifest(stage.name, partition)
            damaged = manifest.facts.get(DAMAGED, []) if manifest else []
            if len(missing(home.archive, damaged)) < len(damaged):
                lake.require_again(stage.name, partition)


def register_inbox(home: DataHome, lake: Lake, *, run_id: str, at: datetime) -> StageResult:
    """Archive and register what is new in the inbox. `changed`: whether the registry changed.

    First sweeps away what killed processes left half-written in the home (the caller holds its lock), and brings back
    archived files that were damaged or lost, where the inbox holds the same bytes; what they hold is read again.
    Where there may be anything to register, what sidecars say is read from them, not from the note of the last look.
    Where all looks as it did when all was registered, nothing is opened.
    Raises `RegistryLostError` where the archive holds files and the registry none.
    """
    folders = (home.archive, home.lake, home.published, home.corrections, home.plan, home.losses, home.audit)
    sweep(*folders, home.review, home.erasures, flat=(home.root, home.key_file.parent))
    lake.sweep()
    sweep_scratch(home.root)
    before, looks, inbox = lake.mend(REGISTER.name), last_look(home.lake), glance(home.inbox)
    now = _state(home, before, inbox, names_in(home.archive))
    if before and now and looks.noted(home.inbox) == now:
        return StageResult(before, changed=False)
    run = REGISTER.begin(lake, home, run_id=run_id, at=at)
    seen = (file.source for file in run.settings.files), run.settings.sidecars.values()
    require_registry(home, before, lake.rows("submissions"), chain(*seen))
    _heal(home, lake, run.settings)
    if run.settings.believed and not is_made(run, lake.manifest(REGISTER.name)):
        run = REGISTER.begin(lake, home, run_id=run_id, at=at, settings=look_anew(home, run.settings))
    result, originals = run_stage(run), names_in(home.archive)
    dealt_with = not run.settings.waiting and originals.issuperset(_registered(lake))
    looks.note(home.inbox, _state(home, result.manifest, inbox, originals) if dealt_with else "")
    return StageResult(result.manifest, changed=before is None or before.digest != result.manifest.digest)


def _registered(lake: Lake) -> list[str]:
    ids = lake.column("submissions", "submission_id")
    return ids.to_pylist() if ids else []
