"""Whether a refresh would do nothing, known before Dagster is loaded.

Danger: cron has `pmks run` look every quarter of an hour, and to learn that nothing has come takes seconds: libraries
are loaded, Dagster plans a run and notes a hundred events of it. Remedy: a run that did nothing notes how all that it
rests on looked when it began, if it looks the same when it has ended. As long as it does, another run would do nothing
again, and none is made, as the sensors make none. After a day one is made all the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from assets.intake.inbox.glance import glance, looks
from warehouse.code import DATA_SUFFIXES, PACKAGES, ROOT
from warehouse.files import read_note, write_whole
from warehouse.home import DataHome
from warehouse.last_look import NOTE as HASHED
from warehouse.last_look import close_look, last_look

NOTE = ".up_to_date.json"
"""Where it is noted, in the home."""
SECONDS = 86_400
"""So long a note holds: once a day at least, Dagster has a run of whoever refreshes by the command."""


def look(home: DataHome) -> str:
    """One hash over how all looks that a refresh rests on: inbox, home, settings, program; empty where looks do not
    tell, as of a link, which may lead to what changes elsewhere.

    Dagster's own files are left out. What was handed out is looked at, too: if somebody removed or changed a file of
    it, a refresh has something to do.
    """
    inbox = glance(home.inbox)
    if not inbox:
        return ""
    apart = {os.fspath(path) for path in (home.inbox, home.dagster, home.root / NOTE, home.lake / HASHED)}
    try:
        found = hashlib.sha256(f"{inbox} {home} {[*_program(), *_named(home)]}".encode())
        for folder in looks(home.root, left_out=lambda entry: entry.path in apart, linked=True):
            found.update(folder)
    except (OSError, ValueError):
        return ""
    return found.hexdigest()


def is_up_to_date(home: DataHome, looked: str, now: float) -> bool:
    """Whether a run that did nothing noted this look less than a day before `now` (Unix time, s), and none began since:
    one that was killed has to be ended."""
    note = read_note(home.root / NOTE)
    at = note.get("at")
    stands = bool(looked) and note.get("look") == looked and note.get("runs") == _runs(home)
    return stands and isinstance(at, float) and 0 <= now - at < SECONDS


def note_up_to_date(home: DataHome, looked: str, now: float) -> None:
    """Note, after a run that did nothing, how all looked when it began (`looked`), if it still looks so and nothing
    waits. On a full disk the next run looks as closely as this one."""
    if looked and not _waits(home) and look(home) == looked:
        with suppress(OSError):
            write_whole(home.root / NOTE, json.dumps({"look": looked, "at": now, "runs": _runs(home)}).encode())


def _waits(home: DataHome) -> bool:
    """Whether something is to be tried again although nothing looks otherwise: a file or a disk that could not be read
    for a moment, a reader that was stopped."""
    from assets.intake.stages.read import DAMAGED, READ
    from warehouse.lake import Lake
    from warehouse.stage import UNFINISHED

    lake = Lake(home.lake)
    made = (lake.manifest(READ.name, partition) for partition in lake.partitions(READ.name))
    to_be_read = any(read is None or read.facts.get(UNFINISHED) or read.facts.get(DAMAGED) for read in made)
    return to_be_read or not last_look(home.lake).noted(home.inbox)


def _runs(home: DataHome) -> list[str]:
    """The runs that gave a sign of life, and were not tidied away by a later one."""
    alive = home.dagster / "alive"
    return sorted(path.name for path in alive.iterdir()) if alive.exists() else []


def _program() -> Iterator[str]:
    """Python, its libraries, and the code of this program; installing or removing a library changes the folder."""
    yield sys.version
    for folder in sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}):
        yield close_look(Path(folder).stat())
    for package in PACKAGES:
        for folder, _, names in os.walk(ROOT / package):
            code = sorted(name for name in names if name.endswith((".py", *DATA_SUFFIXES)))
            yield from (f"{folder}/{name} {close_look(Path(folder, name).stat())}" for name in code)


def _named(home: DataHome) -> Iterator[str]:
    """The files that settings name and that may lie elsewhere: rules of the user's own, and keys."""
    for path in (Path(home.profile), home.key_file, home.signing_key):
        if path is not None and path.exists():
            yield f"{path.resolve()} {close_look(path.stat())}"
