"""The workbooks of one edition of a list: one, or one for each kabupaten where one would grow too large to be opened.

A workbook of 180,000 referrals has about 55 MB, and fills most of what an office computer can open. Of a longer list
the first workbook keeps what covers all of it (*Ringkasan*, *Rekap*, *Baru*, *Berakhir*, *Koordinasi*), and the lists
themselves go into workbooks of single kabupaten, in which answers are typed. What a kabupaten has beyond a sheet's rows
goes on in the next sheet, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa

from assets.intake.inbox.names import stem_for_output
from assets.publications.changes import Changes
from assets.publications.recaps import Figures, kabupaten_of, spans_of_kabupaten
from assets.publications.referral_workbook import write_workbook
from validation.regions import is_regency, regency_name

MOST_REFERRALS = 180_000
"""A longer list is split by kabupaten."""
_NOWHERE = "tanpa kode desa"


class Edition(NamedTuple):
    """One edition of a list. `table`: as it is published; `counted`: the figures of all of it;
    `changed`: what is new and has ended; `about`: what its workbooks say of themselves."""

    table: pa.Table
    counted: Figures
    changed: Changes
    about: Mapping[str, str]


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


def counts_of(counted: pd.DataFrame) -> dict[str, str]:
    """How many referrals, subjects and villages a list has, as its files say it."""
    subject = counted["person_id"].where(counted["subject"] == "person", counted["household_id"])
    subjects = len(pd.DataFrame({"kind": counted["subject"], "id": subject}).drop_duplicates())
    return {
        "rujukan": str(len(counted)),
        "orang_atau_rumah_tangga": str(subjects),
        "desa": str(counted["kode_desa"].nunique(dropna=False)),
    }


def workbooks_of(
    paths: Mapping[str, Path],
    stem: str,
    edition: Edition,
    apart: Mapping[str, str],
    columns: pd.DataFrame,
    texts: Mapping[str, Any],
    on: date,
) -> Iterator[Callable[[], None]]:
    """The calls that write `<stem>.xlsx`, and the workbook of each kabupaten in `apart`, to where `paths` says, by file
    name; they may be made at the same time.

    `columns`, `texts`, `on`: as in `write_workbook`.
    """
    names, (table, counted, changed, about) = workbook_names(stem, apart), edition
    whole, elsewhere = paths[f"{stem}.xlsx"], [*names.values()]
    yield partial(write_workbook, whole, table, counted, changed, columns, texts, about, on, elsewhere=elsewhere)
    spans = spans_of_kabupaten(table["kode_desa"].to_pandas()) if apart else {}
    for code, name in names.items():
        part = table.slice(spans[code].start, spans[code].stop - spans[code].start)
        yield partial(_write_part, paths[name], part, edition, code, apart[code], columns, texts, on)


def _write_part(
    path: Path,
    part: pa.Table,
    edition: Edition,
    code: str,
    title: str,
    columns: pd.DataFrame,
    texts: Mapping[str, Any],
    on: date,
) -> None:
    """Write the workbook of one kabupaten. `part`: its rows of the edition's table."""
    _, counted, changed, about = edition
    own = counted.within(code)
    begun = changed.begun & set(part["referral_id"].to_pylist()) if changed.begun else frozenset()
    ended = changed.ended[kabupaten_of(changed.ended["kode_desa"]) == code].reset_index(drop=True)
    own_about = {**about, **counts_of(own.table), "nama_direktorat": f"{about['nama_direktorat']}, {title}"}
    own_changed = Changes(changed.since, frozenset(begun), ended)
    write_workbook(path, part, own, own_changed, columns, texts, own_about, on)
