"""The workbooks of one edition of a list: one, or one for each kabupaten where one would grow too large to be opened.

A workbook of 180,000 referrals has about 55 MB, and fills most of what an office computer can open. Of a longer list
the first workbook keeps what covers all of it (*Ringkasan*, *Rekap*, *Baru*, *Berakhir*), and the lists themselves go
into workbooks of single kabupaten, in which answers are typed. What a kabupaten has beyond a sheet's rows goes on in
the next sheet, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from assets.intake.inbox.names import stem_for_output
from assets.publications.book.cells import with_own_texts
from assets.publications.changes import Changes
from assets.publications.recaps import Figures, kabupaten_of, spans_of_kabupaten
from assets.publications.referral_workbook import needed, write_workbook
from validation.regions import is_regency, regency_name

MOST_REFERRALS = 180_000
"""A longer list is split by kabupaten. A shorter one is not, though less of it would be written again: who has it all
in one sheet can filter and sort it, and every age and waiting time in it is of the same day."""
_NOWHERE = "tanpa kode desa"


class Edition(NamedTuple):
    """One edition of a list. `publication`: which columns it has (`policy.py`); `changed`: what is new and has ended;
    `about`: what its workbooks say of themselves."""

    publication: str
    changed: Changes
    about: Mapping[str, str]


_PACKED = pa.ipc.IpcWriteOptions(compression="lz4")
"""Sentences repeat: it takes less than copying them whole from process to process."""


class Rows:
    """Rows of a table for a helper: pickled they are no more than that, where a slice is all that it was cut from."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __reduce__(self) -> tuple[Any, ...]:
        written = pa.BufferOutputStream()
        table = _packable(self.table)
        with pa.ipc.new_stream(written, table.schema, options=_PACKED) as stream:
            stream.write_table(table)
        return _read_rows, (written.getvalue().to_pybytes(),)


def _read_rows(content: bytes) -> Rows:
    return Rows(pa.ipc.open_stream(content).read_all())


def _packable(table: pa.Table) -> pa.Table:
    """A table whose dictionaries hold no more than its own rows say."""
    for at, column in enumerate(table.columns):
        if pa.types.is_dictionary(column.type):
            table = table.set_column(at, table.schema.field(at), with_own_texts(column.combine_chunks()))
    return table


class Book(NamedTuple):
    """A workbook to be written: where, and what `write_workbook` makes it from."""

    path: Path
    rows: Rows
    changed: Changes
    about: Mapping[str, str]
    elsewhere: Sequence[str]


def kabupaten_apart(whole: pa.Table, most: int = MOST_REFERRALS) -> dict[str, str]:
    """Which kabupaten get workbooks of their own: code and how files and titles name it. None, if one workbook does."""
    if whole.num_rows <= most:
        return {}
    codes = sorted(spans_of_kabupaten(whole["kode_desa"].to_pandas()))
    return {code: f"{code} {regency_name(code)}" if is_regency(code) else code or _NOWHERE for code in codes}


def workbook_names(stem: str, apart: Mapping[str, str]) -> dict[str, str]:
    """The file of each kabupaten by its code.

    >>> workbook_names("rujukan", {"16.10": "16.10 Kabupaten Ogan Ilir"})
    {'16.10': 'rujukan - 16.10 Kabupaten Ogan Ilir.xlsx'}
    """
    return {code: f"{stem} - {stem_for_output(name)}.xlsx" for code, name in apart.items()}


def counts_of(counted: pa.Table) -> dict[str, str]:
    """How many referrals, subjects and villages a list has, as its files say it."""
    is_person = pc.equal(counted["subject"], "person")
    subjects = (counted["person_id"].filter(is_person), counted["household_id"].filter(pc.invert(is_person)))
    return {
        "rujukan": str(len(counted)),
        "orang_atau_rumah_tangga": str(sum(pc.count_distinct(ids).as_py() for ids in subjects)),
        "desa": str(pc.count_distinct(counted["kode_desa"], mode="all")),
    }


def first_books(
    paths: Mapping[str, Path],
    editions: Mapping[str, Edition],
    tables: Mapping[str, pa.Table],
    counted: pa.Table,
    apart: Mapping[str, str],
) -> Iterator[tuple[list[Book], Rows, str]]:
    """For `write_books`: `<stem>.xlsx` of each edition, with the list if it is in no other workbook. Together where the
    figures are most of the work, each by itself where the lists are.

    `paths`: by file name; `editions`, `tables`: by stem; `counted`: what `counted_of` leaves of the whole list.
    """
    books = []
    for stem, (_, changed, about) in editions.items():
        elsewhere = [*workbook_names(stem, apart).values()]
        rows = Rows(needed(tables[stem], changed, elsewhere))
        books.append(Book(paths[f"{stem}.xlsx"], rows, changed, about, elsewhere))
    for together in [books] if apart else [[book] for book in books]:
        yield together, Rows(counted), ""


def books_of(
    code: str,
    paths: Mapping[str, Path],
    editions: Mapping[str, Edition],
    tables: Mapping[str, pa.Table],
    counted: pa.Table,
    apart: Mapping[str, str],
) -> tuple[list[Book], Rows, str]:
    """For `write_books`, together: the workbooks of one kabupaten. `tables`, `counted`: of its rows."""
    books = []
    for stem, (_, changed, about) in editions.items():
        ids = tables[stem]["referral_id"]
        begun = ids.filter(pc.is_in(ids, pa.array(changed.begun, pa.string()))).to_pylist()
        ended = changed.ended[kabupaten_of(changed.ended["kode_desa"]) == code].reset_index(drop=True)
        own = Changes(changed.since, frozenset(begun), ended)
        path = paths[workbook_names(stem, apart)[code]]
        books.append(Book(path, Rows(needed(tables[stem], own)), own, about, []))
    return books, Rows(counted), f", {apart[code]}"


def write_books(books: Sequence[Book], counted: Rows, part: str, texts: Mapping[str, Any], on: date) -> None:
    """Write workbooks whose figures are the same, those of `counted`. `part`: what is said behind the directorate's
    name of the part of its list that they hold; `texts`, `on`: as in `write_workbook`."""
    figures = Figures(counted.table)
    own = counts_of(counted.table)
    for path, rows, changed, about, elsewhere in books:
        said = {**about, **own, "nama_direktorat": about["nama_direktorat"] + part}
        write_workbook(path, rows.table, figures, changed, texts, said, on, elsewhere=elsewhere)
