"""`pmks forget`, step by step: find, write down, redact; then a refresh makes everything anew without the person.

Danger: it is killed half-way, and the person is neither there nor gone. Remedy: the entry in the ledger is the moment
from which it counts. Whatever was not done by then is found and done again by the same command; whatever follows is
made from the redacted copies by any later run, which also ends what was begun (`erasures/unfinished`).
"""

from __future__ import annotations

import hashlib
import json
import secrets
import string
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pandas as pd

from assets.intake.erasing import put_in_place, redactions
from assets.intake.formats.isolation import ReaderPool
from assets.intake.inbox.names import bytes_of
from assets.intake.stages.register import REGISTER
from pipelines.erasure.copies import clean_logs, clean_workbooks, purge, remove_leftovers, workbooks_that_name
from pipelines.erasure.person import Person, find
from pipelines.erasure.places import Found, find_places
from warehouse.erasures import Erasure, add_erasures, read_erasures, unfinished_note
from warehouse.files import write_whole
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.refresh import nobody_else

WORD_LETTERS = 12


class Search(NamedTuple):
    """What was found of a person."""

    person: Person
    found: Found

    @property
    def files(self) -> set[str]:
        """The submissions of the files that name the person."""
        return set(self.found.places)

    @property
    def rows(self) -> int:
        """How many of their rows are of the person."""
        return sum(len(places.rows) for places in self.found.places.values())


class Left(NamedTuple):
    """What the erasure could not reach: `inbox`, the senders' own files; `unread`, how many archived files nobody can
    read; `other`, files of the home that still name the person."""

    inbox: list[str]
    unread: int
    other: list[Path]


def search(home: DataHome, person_ids: Iterable[str]) -> list[Search]:
    """Everything that names some people; unknown ids are left out. Changes nothing."""
    lake = Lake(home.lake)
    people = [person for person in (find(lake, each) for each in person_ids) if person is not None]
    with ReaderPool(workers=home.workers):  # lends its children to all that is read
        return [Search(person, find_places(home, lake, person)) for person in people]


def erase(home: DataHome, whom: Sequence[Search], *, by: str, reason: str, at: datetime) -> Left:
    """Redact every file that names one of some people, and write down that it was done, all of it or nothing. A refresh
    has to follow, and `complete`."""
    with nobody_else(home):
        lake = Lake(home.lake)
        submissions = lake.read("submissions")
        entries = [entry for what in whom for entry in _entries(what, by=by, reason=reason, at=at)]
        before = read_erasures(home)
        made = list(
            redactions(submissions, home.archive, [*_same_files(before, entries), *entries], workers=home.workers)
        )
        digests = {each.submission_id: each.digest for each in made}
        other = {path for what in whom for clean in (clean_workbooks, clean_logs) for path in clean(home, what.person)}
        write_whole(unfinished_note(home), b"")
        add_erasures(home, [entry._replace(redaction=digests[entry.submission_id]) for entry in entries])
        for each in made:
            put_in_place(home.archive, each)
        lake.require_again(REGISTER.name)  # it reads files that are not placed, and directorates' answers
        remove_leftovers(home)
        unread = {sid for what in whom for sid in what.found.unread}
        return Left(_in_inbox(home, lake, set(digests)), len(unread), sorted(other))


def _entries(what: Search, *, by: str, reason: str, at: datetime) -> list[Erasure]:
    """The entries of the ledger, their redactions not yet known."""
    word = "".join(secrets.choice(string.ascii_uppercase) for _ in range(WORD_LETTERS))
    facts = json.dumps([what.person.person_id, at.isoformat(), by, word])
    erasure_id = "E" + hashlib.sha256(facts.encode()).hexdigest()[:16]
    return [
        Erasure(erasure_id, what.person.person_id, at.isoformat(), by, reason, sid, *places, word, "")
        for sid, places in sorted(what.found.places.items())
    ]


def _same_files(before: list[Erasure], entries: list[Erasure]) -> list[Erasure]:
    files = {entry.submission_id for entry in entries}
    return [entry for entry in before if entry.submission_id in files]


def _in_inbox(home: DataHome, lake: Lake, submissions: set[str]) -> list[str]:
    """The paths at which the senders' own files still lie in the inbox."""
    receipts = lake.read("receipts", columns=["path", "submission_id"])
    paths: pd.Series = receipts.loc[receipts["submission_id"].isin(submissions), "path"].drop_duplicates()
    return sorted({lying for path in paths for lying in [lies_at(home, path)] if lying})


def lies_at(home: DataHome, path: str) -> str | None:
    """The path of a file of the inbox, or of the zip archive that it is a member of; None where it is gone."""
    root = str(home.inbox).encode(errors="surrogateescape")
    for each in (path, *map(PurePosixPath.as_posix, PurePosixPath(path).parents)):
        if Path((root + b"/" + bytes_of(each)).decode(errors="surrogateescape")).is_file():
            return each
    return None


def workbooks_left(home: DataHome, whom: Sequence[Search], left: Left) -> Left:
    """After the refresh: the same, with the workbooks that still have a row of one of the people."""
    named = {path for what in whom for path in workbooks_that_name(home, what.person)}
    return left._replace(other=sorted({*left.other, *named}))


def complete(home: DataHome) -> None:
    """After a successful refresh: remove what was made before the erasure."""
    with nobody_else(home):
        purge(home)
        unfinished_note(home).unlink(missing_ok=True)
