"""What goes back to a village: its own list with the faulty cells marked, and a first sheet that says what to do.

A corrected copy dropped into the inbox takes the original's place once it is accepted. It is recognised by the
submission's id, which stands in cell A1 of the first sheet and in the document property `pmks_submission_id`.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from assets.intake.formats.messages import messages
from assets.intake.inbox.names import stem_for_output
from assets.publications.corrections_columns import add_missing_columns
from assets.publications.corrections_list import add_list, remove_list
from assets.publications.corrections_marks import add_choices, mark, set_up_printing
from assets.publications.corrections_original import Rows, original_book
from assets.publications.corrections_page import page_of
from assets.publications.corrections_seen import (
    Seen,
    files_in,
    look_of,
    note_name,
    page_name,
    sidecar_name,
    workbooks_in,
)
from assets.publications.edited import KEPT, keep_if_edited
from assets.publications.suggestions import SUGGESTED
from assets.publications.village_book.book import Book
from validation.regions import village
from warehouse.archive import set_aside_if_damaged
from warehouse.code import code_digest
from warehouse.digests import digest_of
from warehouse.files import holds, sha256_of, write_whole, writing_after

if TYPE_CHECKING:  # a helper that only writes workbooks is not to wait for it
    import pandas as pd

PROPERTY = "pmks_submission_id"
_DIGEST_PROPERTY = "pmks_digest"
_HEAD_PROPERTY = "pmks_bukti"
_NOWHERE = "_desa_belum_diketahui"
_URGENT = ("error", "warning")
_OF_THE_LIST = ("kode_desa", "periode", "kode_pmks", "skema_kode", "jenis_kelamin", "kolom", "lembar")
"""What a sidecar says of the list and not of the one file that it lies beside."""
_HERE = Path(__file__).parent
OF_COLUMNS = ("sheet", "header_row", "column", "header", "field", "code_map")
"""What a workbook is made from of the table `columns`."""
OF_ROWS = ("sheet", "row", "header_row", "types", "raw", "nama", *SUGGESTED)
"""What a workbook is made from of the table `raw_rows`: where a person stands, and what a proposal may rest on."""


class Due(NamedTuple):
    """What the corrections workbook of one submission is made from.

    `submission`: a row of `intake.submissions` (`submission_id`, `path`, `format`, `kode_desa`, `periode`,
    `declaration`, `outcome`; and `redaction`, the digest of the copy that an erasure left, if there was one).
    `archived`: its bytes. `findings`, `quarantined`, `columns`, `raw_rows`: the rows of this submission in the tables
    of those names, of the last two `OF_COLUMNS` and `OF_ROWS`. `digest`: `digest_of_list` of the same, if it is known.
    """

    submission: Mapping[str, Any]
    archived: Path
    findings: Rows
    quarantined: Rows
    columns: Rows
    raw_rows: Rows
    digest: str | None = None


def write_corrections(lists: Iterable[Due], target: Path, head: str = "") -> dict[str, Seen]:
    """Write the corrections workbooks of submissions that have findings; gives each as it is seen then, by its path
    under `target`.

    `target`: `$PMKS_DATA/corrections`. `head`: that of the chain after the run; workbooks and pages carry it. Goes out:
    `<target>/<kode_desa>/<name> - PERBAIKAN <kode_desa> <periode> <id>.xlsx`, owner-only, replaced whole; a
    workbook that would say the same as the one there is left alone, and one that was edited in place is kept under a
    second name. Beside it stand a page that says the same on a phone (`corrections_page.py`), and what the submission's
    sidecar files declared, since the corrected copy still needs it. Of damaged bytes, which are set aside, only the
    rows of people and their headers stand in the workbook. Never changes a value of the list, and
    never leaves a formula in it.
    """
    with writing_after() as write:
        written = dict(_write(each, target, head, write) for each in lists if each.findings)
    return {name: Seen(look_of(target, name), digests) for name, digests in written.items()}


def _write(due: Due, target: Path, head: str, write: Callable[..., None]) -> tuple[str, list[str]]:
    """The path of the workbook under `target`, and the SHA-256 of it and of its page."""
    submission, archived = due.submission, due.archived
    name = workbook_name(submission)
    path = target / name
    digest = due.digest or digest_of_list(submission, archived, due.findings)
    if path.exists() and stands(path, submission, digest):
        return name, written_of(target, name)
    if archived.is_file() and set_aside_if_damaged(archived):
        digest = digest_of_list(submission, archived, due.findings)
    book = _original(submission, archived, due.columns, due.raw_rows)
    remove_list(book)
    found, mapped = add_missing_columns(book, due.findings, due.columns, due.raw_rows)
    lines = mark(book, found, mapped, due.raw_rows)
    rows: dict[str, int | None] = {"accepted": None, "quarantined": None}
    if submission["outcome"] not in ("held", "rejected"):
        refused = len(due.quarantined)
        rows = {"accepted": len(due.raw_rows) - refused, "quarantined": refused}
    facts = _facts(submission) | rows | {"opened": bool(book.sheets)}
    add_list(book, submission["submission_id"], facts, lines)
    add_choices(book, mapped, due.raw_rows)
    set_up_printing(book, due.raw_rows)
    content = book.saved({PROPERTY: submission["submission_id"], _DIGEST_PROPERTY: digest, _HEAD_PROPERTY: head})
    page = page_of(facts, lines, head)
    digests = [hashlib.sha256(each).hexdigest() for each in (content, page)]

    def note() -> bytes:
        """Made when the workbook is to get its name: nobody is to type into the one there after it was looked at."""
        keep_if_edited(path, _noted(path) if _note(path).exists() else None)
        return "\n".join(digests + ([sha256_of(path)] if path.exists() else [])).encode()

    before: dict[Path, bytes | Callable[[], bytes]] = {_note(path): note, page_path(path): page}
    declared = _declared(submission)
    if declared:
        before[_beside(path)] = json.dumps(declared, indent=1, ensure_ascii=False).encode()
    write(before, path, content)  # once the workbook is there, nothing is looked at any more
    return name, digests


def workbook_name(submission: Mapping[str, Any]) -> str:
    """The path of the corrections workbook of a submission under the folder of corrections."""
    return _name(submission, "xlsx")


def stands(workbook: Path, submission: Mapping[str, Any], digest: str) -> bool:
    """Whether the workbook there was made from what has this digest, and what goes with it is there."""
    if _digest_of_workbook(workbook) != digest:
        return False
    page = page_path(workbook)
    if not page.exists() or sha256_of(page) not in _noted(workbook)[1:2]:
        return False
    return not _declared(submission) or _beside(workbook).exists()


def _declared(submission: Mapping[str, Any]) -> dict[str, Any]:
    """What the submission's sidecar files declared of the list."""
    declared = json.loads(_text(submission.get("declaration")) or "{}")
    return {key: value for key, value in declared.items() if key in _OF_THE_LIST}


def _beside(workbook: Path) -> Path:
    """Where that stands beside a workbook."""
    return workbook.with_name(sidecar_name(workbook.name))


def page_path(workbook: Path) -> Path:
    """Where the page for the phone stands beside a workbook."""
    return workbook.with_name(page_name(workbook.name))


def _note(workbook: Path) -> Path:
    return workbook.with_name(note_name(workbook.name))


def _noted(workbook: Path) -> list[str]:
    """The SHA-256 of the workbook as it was written, of its page, and of the workbook that was there before."""
    note = _note(workbook)
    return note.read_text(errors="replace").split() if note.exists() else []


def digest_of_list(submission: Mapping[str, Any], archived: Path, findings: Rows) -> str:
    """One hash over what a workbook is made from; another if the original is not to be had."""
    found = [list(finding.values()) for finding in findings]
    return digest_of(code_digest(__name__), found, dict(submission), archived.is_file())


def as_written(target: Path, seen: Mapping[str, Sequence[str]] = MappingProxyType({})) -> dict[str, str]:
    """The SHA-256 of every file under `target` that this module wrote or kept, by its path there: of workbooks and
    pages as they were written. `seen`: of workbooks whose files nobody touched, what their notes say."""
    written: dict[str, str] = {}
    for name in workbooks_in(target):
        written |= dict(zip((name, page_name(name)), seen.get(name) or written_of(target, name), strict=False))
    others = [name for name in files_in(target) if any(fnmatchcase(name, f"*/{each}") for each in (KEPT, "*.yml"))]
    return written | {name: sha256_of(target / name) for name in others}


def written_of(target: Path, name: str) -> list[str]:
    """The SHA-256 of a workbook under `target`, and of its page if there is one, as they were written."""
    workbook = target / name
    return _noted(workbook)[: 2 if page_path(workbook).exists() else 1]


def remove_stale(target: Path, current: Collection[str]) -> int:
    """Remove the workbooks under `target` that are no longer asked for (not in `current`, by their paths there); says
    how many.

    Only what this module wrote and nobody has edited since goes; a workbook that someone typed into stays, without its
    page.
    """
    removed = 0
    for name in workbooks_in(target):
        if name in current:
            continue
        path = target / name
        page_path(path).unlink(missing_ok=True)
        if path.exists() and sha256_of(path) not in _noted(path):
            continue
        for gone in (path, _beside(path), _note(path)):
            gone.unlink(missing_ok=True)
        removed += 1
    return removed


def write_proposal(submission: Mapping[str, Any], text: str, target: Path) -> Path:
    """Write the ready-made sidecar file of a held submission beside its corrections workbook, to be put into the inbox
    as `<file>.yml` once a person has completed it; one that was edited in place is kept under a second name, and one
    that says the same is left alone."""
    path, content = _proposal_path(submission, target), text.encode()
    digest = hashlib.sha256(content).hexdigest()
    if not holds(path, digest):
        keep_if_edited(path, [digest])
        write_whole(path, content)
    return path


def remove_proposal(submission: Mapping[str, Any], text: str, target: Path) -> None:
    """Remove the proposal for a submission that is not held any more, unless someone edited it."""
    path = _proposal_path(submission, target)
    if path.exists() and path.read_bytes() == text.encode():
        path.unlink()


def _proposal_path(submission: Mapping[str, Any], target: Path) -> Path:
    return target / _name(submission, "usulan.yml")


class CorrectionsReport(NamedTuple):
    """How many findings a corrected copy solved, of how many, and how many are new. Only errors and warnings count."""

    solved: int
    total: int
    new: int

    def __str__(self) -> str:
        return f"{self.solved} of {self.total} solved, {self.new} new"


def corrections_report(old: pd.DataFrame, new: pd.DataFrame) -> CorrectionsReport:
    """Compare the findings of a submission with those of the corrected copy that took its place.

    A finding stands on when the new list has it in the same row and field, or, since rows may have moved, has as many
    of its kind in that field. Of what is said of no field, the column counts.

    >>> import pandas as pd
    >>> columns = ["sheet", "row", "column", "field", "code", "severity"]
    >>> rows = [["A", 5, "B", "nik", "nik", "warning"], ["A", 6, "C", "jenis_kelamin", "sex", "warning"]]
    >>> old = pd.DataFrame(rows, columns=columns)
    >>> str(corrections_report(old, old[1:]))
    '1 of 2 solved, 0 new'
    """
    before, after = _urgent(old), _urgent(new)
    standing = before & after
    without_row = [
        Counter((field, code) for _, field, code in side.elements()) for side in (before - standing, after - standing)
    ]
    still = sum(standing.values()) + sum((without_row[0] & without_row[1]).values())
    return CorrectionsReport(before.total() - still, before.total(), after.total() - still)


def _urgent(findings: pd.DataFrame) -> Counter[tuple[str, str, str]]:
    counting = findings[findings["severity"].isin(_URGENT)]
    field = counting["field"].fillna(counting["column"]).astype("str")
    return Counter(zip(counting["row"].astype("str"), field, counting["code"], strict=True))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _name(submission: Mapping[str, Any], ending: str) -> str:
    code, period = _text(submission["kode_desa"]), _text(submission["periode"])
    stem = stem_for_output(Path(submission["path"]).stem)
    marks = " ".join(part for part in ("PERBAIKAN", code, period, submission["submission_id"][:8]) if part)
    return f"{code or _NOWHERE}/{stem} - {marks}.{ending}"


def _facts(submission: Mapping[str, Any]) -> dict[str, Any]:
    code = _text(submission["kode_desa"])
    place = village(code) if code else None
    desa = f"{place.name} ({code})" if place else code or "beberapa, atau belum diketahui"
    return {"path": submission["path"], "desa": desa, "periode": _text(submission["periode"]) or "belum diketahui"}


def _original(submission: Mapping[str, Any], archived: Path, columns: Rows, raw_rows: Rows) -> Book:
    """The village's sheets; none of a file that could not be read in an isolated process, or is dangerous."""
    if submission["outcome"] != "rejected" and submission.get("reason_code") not in messages():
        return original_book(archived, submission["format"], raw_rows, columns)
    return Book()


def _digest_of_workbook(path: Path) -> str | None:
    """The digest that a corrections workbook was written with; None if there is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            properties = archive.read("docProps/custom.xml").decode()
    except (OSError, KeyError, zipfile.BadZipFile):
        return None
    found = re.search(rf'name="{_DIGEST_PROPERTY}".*?>([0-9a-f]{{32}})<', properties)
    return found[1] if found else None
