"""Where a person is named: rows and cells of lists, rows of files that wait, texts around them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from rapidfuzz.distance import JaroWinkler

from assets.intake.formats.isolation import ReaderPool
from assets.intake.formats.reading import read_workbook
from assets.intake.formats.workbook import Unreadable
from assets.intake.inbox.marks import ANSWERS
from assets.intake.redaction import NAMES, read_archived, texts_around
from assets.intake.sheets.file_reading import FileResult
from assets.intake.sidecar import declaration_of
from pipelines.erasure.person import Person, digits, plain
from validation.record_ids import record_id
from warehouse.archive import REDACTED, archived
from warehouse.home import DataHome
from warehouse.lake import Lake

ALIKE = 0.85
"""Jaro-Winkler similarity from which two spellings with the same NIK are one name."""
_COMPARED = ["nik", "no_kk", "nama", "tanggal_lahir"]


class Places(NamedTuple):
    """Where in one file a person is named; see `warehouse.erasures.Erasure`."""

    rows: tuple[tuple[str, int], ...] = ()
    cells: tuple[tuple[str, int, str], ...] = ()
    texts: tuple[tuple[str, int, int], ...] = ()


class Found(NamedTuple):
    """`places`: by submission, where the person is named. `unread`: files that nobody can read, and so nobody knows."""

    places: dict[str, Places]
    unread: list[str]


def find_places(home: DataHome, lake: Lake, person: Person) -> Found:
    """Every place of every archived file that names the person."""
    rows, cells = _in_lists(lake, person)
    waiting, unread = _in_waiting_files(home, lake, person)
    rows |= waiting
    answered = _in_answers(lake, person)
    concerned = sorted({*rows, *cells, *answered})
    texts = _around(home, lake, person, concerned, set(waiting))
    places = {
        sid: Places(
            tuple(sorted({*rows.get(sid, ()), *answered.get(sid, ())})),
            tuple(sorted(cells.get(sid, ()))),
            tuple(texts.get(sid, ())),
        )
        for sid in concerned
    }
    return Found(places, unread)


def _in_lists(
    lake: Lake, person: Person
) -> tuple[dict[str, set[tuple[str, int]]], dict[str, set[tuple[str, int, str]]]]:
    """Rows of lists that were read which speak of the person, and cells of other rows that name the person."""
    raw = lake.read("raw_rows")
    ids = [record_id(*place) for place in zip(raw["submission_id"], raw["sheet"], raw["row"].astype(int), strict=True)]
    members = lake.read("membership").set_index("record_id")
    theirs, counting = pd.Series(ids).isin(person.records), pd.Series(ids).isin(members.index)
    texts = raw[_COMPARED].astype("object").fillna("")
    births = person.births | set(texts.loc[theirs, "tanggal_lahir"]) - {""}
    person = person._replace(births=frozenset(births))
    name, nik = texts["nama"].map(plain), texts["nik"].map(digits)
    kk = texts["no_kk"].map(digits).isin(person.kks)
    named = name.isin(person.names)
    spelt = nik.isin(person.niks) & name.map(lambda each: not each or _is_alike(each, person)).astype(bool)
    same = spelt | (named & (kk | texts["tanggal_lahir"].isin(person.births)))
    theirs |= same & ~counting
    household = pd.Series(ids).map(members["household_id"]).isin(person.households)
    family = raw[(kk | household) & ~theirs]
    rows: dict[str, set[tuple[str, int]]] = {}
    for sid, sheet, row in raw.loc[theirs, ["submission_id", "sheet", "row"]].itertuples(index=False):
        rows.setdefault(sid, set()).add((sheet, int(row)))
    anybody = raw[~theirs & raw["raw"].map(lambda text: any(nik in text for nik in person.niks)).astype(bool)]
    letters = _letters(lake)
    cells: dict[str, set[tuple[str, int, str]]] = {}
    for each, beyond_doubt in ((family, False), (anybody, True)):
        for line in each.to_dict("records"):
            for letter in _naming(line, person, letters, beyond_doubt=beyond_doubt):
                cells.setdefault(line["submission_id"], set()).add((line["sheet"], int(line["row"]), letter))
    return rows, cells


def _is_alike(name: str, person: Person) -> bool:
    return any(JaroWinkler.similarity(name, other) >= ALIKE for other in person.names)


def _letters(lake: Lake) -> dict[tuple[str, str, int, str], str]:
    """The letter of the column that feeds each field, by submission, sheet, header row and field."""
    columns = lake.read("columns", columns=["submission_id", "sheet", "header_row", "field", "column"])
    known = columns.dropna(subset=["field"])
    keys = zip(known["submission_id"], known["sheet"], known["header_row"].astype(int), known["field"], strict=True)
    return dict(zip(keys, known["column"], strict=True))


def _naming(
    line: dict[Any, Any], person: Person, letters: dict[tuple[str, str, int, str], str], *, beyond_doubt: bool
) -> Iterator[str]:
    """The letters of the cells of somebody else's row that name the person. What the row says of its own name and
    number stays. `beyond_doubt`: the row is not of their family, so that only their NIK counts."""
    place = (line["submission_id"], line["sheet"], int(line["header_row"]))
    own = {letters.get((*place, field)) for field in ("nik", "nama")}
    for letter, text in json.loads(line["raw"]).items():
        names = digits(text or "") in person.niks if beyond_doubt else person.is_named_by(text or "")
        if names and letter not in own:
            yield letter
    for field in NAMES if not beyond_doubt else ():
        value = line[field]
        if isinstance(value, str) and plain(value) in person.names and (*place, field) in letters:
            yield letters[*place, field]  # carried down from another row: its own cell is empty


def _in_waiting_files(home: DataHome, lake: Lake, person: Person) -> tuple[dict[str, set[tuple[str, int]]], list[str]]:
    """Rows of files that were not accepted which speak of the person, and the files that cannot be read."""
    readings = pd.concat([lake.read("readings"), lake.read("unplaced_readings")])
    waiting = sorted(readings.loc[readings["outcome"] != "accepted", "submission_id"])
    calls = [(str(path), person) for path in (archived(home.archive, sid) for sid in waiting)]
    rows: dict[str, set[tuple[str, int]]] = {}
    unread = []
    with ReaderPool(workers=home.workers) as pool:
        for index, result in pool.map(rows_of_person, calls):
            if isinstance(result, Unreadable):
                unread.append(waiting[index])
            elif result:
                rows[waiting[index]] = set(result)
    return rows, unread


def rows_of_person(path: str, person: Person) -> list[tuple[str, int]]:
    """The rows of a workbook that are of the person. Raises `Unreadable`."""
    if path.endswith(REDACTED):
        return []
    found = []
    for sheet in read_workbook(Path(path)).sheets:
        for at, cells in enumerate(sheet.rows):
            if person.is_row(map(_text, cells)):
                found.append((sheet.name, sheet.first_row + at))
    return found


def _text(cell: object) -> str:
    if isinstance(cell, (date, datetime)):
        return cell.isoformat()[:10]
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _in_answers(lake: Lake, person: Person) -> dict[str, set[tuple[str, int]]]:
    """The rows of returned workbooks that answer their referrals. A workbook of a directorate that they were ever
    referred to lists them, whether or not the directorate filled in their row."""
    directorates = {directorate for directorate, _ in person.referrals}
    submissions = lake.read("submissions", columns=["submission_id", "declaration"])
    marked = zip(submissions["submission_id"], submissions["declaration"].fillna(""), strict=True)
    found: dict[str, set[tuple[str, int]]] = {
        sid: set() for sid, text in marked if declaration_of(text).get(ANSWERS) in directorates
    }
    answers = lake.read("raw_answers")
    mine = answers[answers["referral_id"].isin([referral for _, referral in person.referrals])]
    for sid, sheet, row in mine[["submission_id", "sheet", "row"]].itertuples(index=False):
        found.setdefault(sid, set()).add((sheet, int(row)))
    return found


def _around(
    home: DataHome, lake: Lake, person: Person, concerned: list[str], waiting: set[str]
) -> dict[str, list[tuple[str, int, int]]]:
    """Where titles, headers and so on of the files name the person. Of a file that waits because it was not understood,
    rows of people may stand among its titles: all of these are meant."""
    submissions = lake.read("submissions")
    lists = [
        row
        for row in submissions[submissions["submission_id"].isin(concerned)].to_dict("records")
        if ANSWERS not in declaration_of(row["declaration"] or "")
    ]
    calls = [(str(archived(home.archive, r["submission_id"])), r["declaration"] or "", r["path"]) for r in lists]
    found = {}
    with ReaderPool(workers=home.workers) as pool:
        for index, result in pool.map(read_archived, calls):
            if isinstance(result, FileResult):
                sid = lists[index]["submission_id"]
                found[sid] = [
                    (at, *span)
                    for at, text in texts_around(result)
                    for span in ([(0, len(text))] if sid in waiting and _is_title(at) else person.spans(text))
                ]
    return found


def _is_title(place: str) -> bool:
    return "titles" in json.loads(place)[:-1] or "labels" in json.loads(place)[:-1]
