"""Copies of what was read that no stage makes anew: workbooks that people edited, notes, logs, leftovers."""

from __future__ import annotations

import shutil
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import openpyxl

from assets.intake.redaction import MASK
from assets.publications.standing import DATABASE
from pipelines.erasure.person import Person
from pipelines.proof.auditing import AUDIT
from warehouse.files import read_note, replacing, sha256_of, sweep_scratch, write_whole
from warehouse.home import DataHome
from warehouse.kept_file import ASIDE, note_begun
from warehouse.lake import Lake
from warehouse.made_from import made_from
from warehouse.migrations import MATCH_STATE_FOLDER
from warehouse.projection import project
from warehouse.wholeness import SECOND_COPIES

_NOTES = {".yml", ".json", ".csv", ".txt", ".md", ".html"}


def clean_workbooks(home: DataHome, person: Person) -> list[Path]:
    """Empty the rows of the person in every workbook of the home outside of archive and inbox, and mask what notes say.

    For workbooks into which somebody typed: those that lie as they were written are made anew by their stages. Returns
    what may still name the person because it cannot be opened.
    """
    left = []
    for path in _handed_out(home):
        try:
            if path.suffix == ".xlsx" and not _is_as_written(path) and _may_name(path, person):
                _empty_rows(path, person)
            elif path.suffix in _NOTES:
                _mask(path, person)
        except Exception:  # whatever somebody made of the file
            left.append(path)
    return left


def workbooks_that_name(home: DataHome, person: Person) -> list[Path]:
    """The workbooks outside of archive and inbox that have a row of the person, or cannot be opened."""
    return [path for path in _handed_out(home) if path.suffix == ".xlsx" and _names(path, person)]


def _handed_out(home: DataHome) -> Iterator[Path]:
    for folder in (home.corrections, home.published, home.review):
        yield from sorted(folder.rglob("*"))


def _is_as_written(path: Path) -> bool:
    """Whether a workbook is what its stage wrote, by the note of its digest that lies beside it."""
    note, notes = path.with_name(f".{path.name}.sha256"), path.with_name(".rujukan.json")
    written = note.read_text(encoding="utf-8") if note.exists() else read_note(notes).get("files", {}).get(path.name)
    return sha256_of(path) in (written or "").split()[:1]


def _names(path: Path, person: Person) -> bool:
    try:
        if not _may_name(path, person):
            return False
        book = openpyxl.load_workbook(path, read_only=True)
        return any(
            person.is_row(map(_text, row)) for sheet in book.worksheets for row in sheet.iter_rows(values_only=True)
        )
    except Exception:  # whatever somebody made of the file
        return True


def _may_name(path: Path, person: Person) -> bool:
    """Whether the text of a workbook holds one of the words by which the person is known."""
    words = {max(name.split(), key=len).encode() for name in person.names} | {nik.encode() for nik in person.niks}
    with zipfile.ZipFile(path) as archive:
        parts = (archive.read(name).upper() for name in archive.namelist() if name.endswith(".xml"))
        return any(word in part for part in parts for word in words)


def _empty_rows(path: Path, person: Person) -> None:
    book = openpyxl.load_workbook(path)
    changed = False
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            texts = [_text(cell.value) for cell in row]
            theirs = person.is_row(texts) or any(text in (person.person_id, *_referrals(person)) for text in texts)
            for cell, text in zip(row, texts, strict=True):
                if text and (theirs or text in person.addresses or person.spans(text)):
                    with suppress(AttributeError):  # a merged cell has no value of its own
                        cell.value = None
                        cell.comment = None
                        changed = True
    if changed:
        with replacing(path) as beside:
            book.save(beside)


def _text(value: object) -> str:
    if hasattr(value, "isoformat"):
        return str(value.isoformat())[:10]
    return "" if value is None else str(value)


def _referrals(person: Person) -> Iterator[str]:
    return (referral for _, referral in person.referrals)


def _mask(path: Path, person: Person) -> None:
    text = path.read_text(encoding="utf-8")
    spans = person.spans(text)
    for start, end in reversed(spans):
        text = text[:start] + MASK * (end - start) + text[end:]
    if spans:
        write_whole(path, text.encode())


def clean_logs(home: DataHome, person: Person) -> list[Path]:
    """Remove texts of errors, and from Dagster's databases the runs whose log names the person; returns databases that
    still do.

    The text of an error of a library may quote a cell. Space that was freed is given back, so that nothing stays in it.
    """
    words = [word.encode() for word in (*person.niks, *(name for name in person.names if " " in name))]
    for text in home.errors.glob("*"):
        if _holds(text, words):
            text.unlink()
    named = [path for path in home.dagster.rglob("*.db") if path.is_file() and _holds(path, words)]
    for path in named:
        if path.parent.name == "runs" and path.stem != "index":
            for each in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
                each.unlink(missing_ok=True)
            continue
        with closing(sqlite3.connect(path)) as con:
            for (table,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                _delete_rows(con, table, words)
            con.commit()
            con.execute("VACUUM")
            con.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return [path for path in named if path.exists() and _holds(path, words)]


def _delete_rows(con: sqlite3.Connection, table: str, words: Iterable[bytes]) -> None:
    columns = [row[1] for row in con.execute(f'PRAGMA table_info("{table}")')]
    for word in words:
        for column in columns:
            con.execute(f'DELETE FROM "{table}" WHERE instr(upper("{column}"), ?) > 0', [word.decode()])


def _holds(path: Path, words: Iterable[bytes]) -> bool:
    beside = [path, path.with_name(f"{path.name}-wal")]
    content = b"".join(each.read_bytes() for each in beside if each.exists()).upper()
    return any(word in content for word in words)


def remove_leftovers(home: DataHome) -> None:
    """Remove what is made again, or was left behind: the saved match, what the warehouse was made from, directorates'
    databases, which keep what was deleted from them in their free blocks, the last plan, auditors' files, backups of
    older lakes, copies of rehearsals that were killed (of older programs, too)."""
    sweep_scratch(home.root)
    older = [path for name in ("lake.v*", ".rencana-*", ".verify-*") for path in home.root.glob(name)]
    kept = (home.lake / MATCH_STATE_FOLDER, made_from(home.warehouse))
    for folder in (*kept, home.plan, home.published / AUDIT, *older):
        shutil.rmtree(folder, ignore_errors=True)
    for database in home.published.glob(f"*/{DATABASE}"):
        database.unlink()


def purge(home: DataHome) -> None:
    """After a refresh: remove files of the lake that no manifest names, and make the warehouse anew, since a database
    keeps what was deleted from it in its free blocks."""
    lake = Lake(home.lake)
    named = {folder / part for part in lake.listed() for folder in (home.lake, home.lake / SECOND_COPIES)}
    for path in home.lake.rglob("part-*.parquet"):
        if path not in named:
            path.unlink()
    note_begun(home.warehouse)
    project(lake, home.warehouse)
    home.warehouse.with_name(ASIDE).unlink(missing_ok=True)
