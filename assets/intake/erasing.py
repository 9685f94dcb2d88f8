"""Redacting the archived copies of files that speak of a person who asked for erasure, as the ledger says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from assets.intake.formats.isolation import ReaderPool
from assets.intake.formats.workbook import Unreadable
from assets.intake.inbox.answers import answers_to_bytes, read_answer_file, without_remarks_of
from assets.intake.inbox.marks import ANSWERS
from assets.intake.redaction import read_archived, redact, to_bytes
from assets.intake.sidecar import declaration_of
from warehouse.archive import SET_ASIDE, archived, redacted_copy
from warehouse.erasures import Erasure, ErasureError, by_submission, is_fulfilled, unfulfilled
from warehouse.files import write_whole
from warehouse.home import DataHome

_BRING_BACK = "bring it back from the backup"


class Redaction(NamedTuple):
    """The redacted copy of a file: its bytes, and their SHA-256."""

    submission_id: str
    content: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def redactions(
    submissions: pd.DataFrame, archive: Path, erasures: Iterable[Erasure], *, workers: int
) -> Iterator[Redaction]:
    """The redacted copy of each file that `erasures` name, made from what the archive holds of it.

    `submissions`: the registry. A function of the bytes, the registry and the ledger, so that it can be made again.
    Raises `ErasureError` for a file that cannot be read.
    """
    wanted = by_submission(erasures)
    known = submissions[submissions["submission_id"].isin(list(wanted))].to_dict("records")
    answers = [row for row in known if ANSWERS in _declared(row)]
    lists = [row for row in known if ANSWERS not in _declared(row)]
    with ReaderPool(workers=workers) as pool:
        calls = [(str(archived(archive, r["submission_id"])), _text(r["declaration"]), r["path"]) for r in lists]
        sizes = [int(row["size_bytes"]) for row in lists]
        for index, result in pool.map(read_archived, calls, seconds=lambda at: pool.limits.seconds_for(sizes[at])):
            sid = lists[index]["submission_id"]
            yield Redaction(sid, to_bytes(redact(_readable(sid, result), wanted[sid])))
        for index, result in pool.map(read_answer_file, [(call,) for call in _paths(archive, answers)]):
            sid = answers[index]["submission_id"]
            rows = [place for erasure in wanted[sid] for place in erasure.rows]
            yield Redaction(sid, answers_to_bytes(without_remarks_of(_readable(sid, result), rows)))


def apply_erasures(home: DataHome, submissions: pd.DataFrame, erasures: Sequence[Erasure]) -> list[str]:
    """Replace the archived copy of each file of the ledger by its redacted one, where that is not done yet: after a
    crash, or when an older backup of the archive was brought back. Returns the files that were redacted."""
    due = set(unfulfilled(home))
    mine = [erasure for erasure in erasures if erasure.submission_id in due]
    for made in redactions(submissions, home.archive, mine, workers=home.workers):
        put_in_place(home.archive, made)
    return sorted(due)


def put_in_place(archive: Path, made: Redaction) -> None:
    """Write a redacted copy, then remove the original and what was set aside of it."""
    copy = redacted_copy(archive, made.submission_id)
    write_whole(copy, made.content)
    copy.chmod(0o400)
    (copy.with_name(made.submission_id)).unlink(missing_ok=True)
    for aside in (archive / SET_ASIDE).glob(f"{made.submission_id}.*"):
        aside.unlink()


def require_redacted(archive: Path, erasures: pd.DataFrame) -> None:
    """Raise `ErasureError` where a file of the ledger is not the redacted copy that the ledger names."""
    for sid, digest in erasures.drop_duplicates().itertuples(index=False):
        if not is_fulfilled(archive, sid, digest):
            copy = archived(archive, sid)
            raise ErasureError(f"{copy} is not the redacted copy that the ledger of erasures names; {_BRING_BACK}")


def _readable(submission_id: str, result: Any) -> Any:
    if isinstance(result, Unreadable):
        raise ErasureError(f"{submission_id} in the archive cannot be read ({result.code}); {_BRING_BACK}")
    return result


def _declared(row: Mapping[Any, Any]) -> Mapping[str, Any]:
    return declaration_of(_text(row["declaration"]))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _paths(archive: Path, rows: Iterable[Mapping[Any, Any]]) -> list[str]:
    return [str(archived(archive, row["submission_id"])) for row in rows]
