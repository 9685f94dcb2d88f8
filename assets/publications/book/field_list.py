"""*Daftar lapangan*: the list that an officer prints and takes along, by village and dusun, nine columns on A4."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from assets.letters import LINE_POINTS, lines_needed
from assets.publications.book.cells import ByRow, Cells, joined, write_rows
from assets.publications.book.hamlets import headings
from assets.publications.book.pages import Looks, printable_pixels, printable_points, set_up, set_widths
from assets.publications.book.tables import ROWS_A_SHEET, numbered, parts
from assets.publications.recaps import numbers_of
from validation.categories import pmks_types

COLUMNS = {
    "Nama": 155, "Umur": 36, "L/P": 28, "Kategori": 156, "Wali / kepala keluarga": 132, "Alamat, RT/RW": 182,
    "Telepon": 92, "Tujuan rujukan": 164, "✓": 30,
}  # fmt: skip
"""Header and width in pixels of each column."""
assert sum(COLUMNS.values()) <= printable_pixels("landscape")
TICK = "☐"
_MOST_PAGE_BREAKS = 1_000
"""A sheet can hold 1,026 breaks set by hand."""
_HEADER_POINTS, _LEFT_FREE_POINTS = 28.0, 8.0
"""Height of the headers, which each page repeats, and what programs round off the height of a page."""
_KEPT = ("kode_desa", "desa", "dusun", "alasan")
_PLACE, _WITHIN = ["kabupaten", "kecamatan", "desa", "kode_desa"], ["rw", "rt", "nama", "kode_pmks", "referral_id"]
SHOWN = [
    *_PLACE, "dusun", *_WITHIN, "status", "tercatat_pada_daftar_terbaru", "subject", "kepala", "anggota",
    "kepala_tercatat", "alasan", "umur", "jenis_kelamin", "telepon", "tujuan", "wali", "pendamping", "alamat",
]  # fmt: skip
"""The columns of a list from which its rows are made."""
_OTHERS = ("anggota", "umur", "tercatat_pada_daftar_terbaru", "kepala_tercatat")
_TEXTS = [name for name in SHOWN if name not in _OTHERS]
_KINDS = ["person", "village", "dusun", "sign"]
"""What a row of the sheet is."""


def field_rows(table: pa.Table) -> pa.Table:
    """The rows of the list in their order: `COLUMNS`, with `_KEPT` of the table beside them.

    Whoever is named in the restricted file only is not in it. What is not known stays empty: it is written in by hand.
    `dusun` is the heading of all who are of one dusun, however their lists write it; numbered ones come first.
    """
    named = table.select(SHOWN).filter(pc.is_valid(table["nama"]))
    heading, number = headings(named["kode_desa"], named["dusun"])
    named = named.set_column(named.column_names.index("dusun"), "dusun", heading).append_column("number", number)
    by = [(name, "ascending") for name in (*_PLACE, "number", "dusun", *_WITHIN)]
    ordered = named.take(pc.sort_indices(named, by))
    of = {name: ordered[name].combine_chunks().cast(pa.large_string()) for name in _TEXTS}
    is_home = _is(of["subject"], "household")
    leads = pc.or_(is_home, pc.fill_null(pc.equal(of["kepala"], of["nama"]), False))
    shown = {
        "Nama": pc.if_else(is_home, _home(of["nama"], ordered), of["nama"]),
        "Umur": ordered["umur"],
        "L/P": of["jenis_kelamin"],
        "Kategori": _category(of["kode_pmks"], of["status"], _yes(ordered["tercatat_pada_daftar_terbaru"])),
        "Wali / kepala keluarga": _guardian(of, leads),
        "Alamat, RT/RW": _address(of),
        "Telepon": of["telepon"],
        "Tujuan rujukan": of["tujuan"],
        "✓": pa.repeat(_text(TICK), len(ordered)),
    }
    return pa.table({name: of[name] for name in _KEPT} | shown)


def _text(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.large_string())


def _yes(column: pa.ChunkedArray) -> pa.Array:
    return pc.fill_null(column.combine_chunks().cast(pa.bool_()), False)


def _is(texts: pa.Array, text: str) -> pa.Array:
    return pc.fill_null(pc.equal(texts, text), False)


def _category(codes: pa.Array, status: pa.Array, is_listed: pa.Array) -> pa.Array:
    """The name of each category, and what is to be known of the referral."""
    coded, kinds = codes.dictionary_encode(), pmks_types()
    said = [kinds[code].nama if code in kinds else None for code in coded.dictionary.to_pylist()]
    unsure = pc.if_else(_is(status, "perlu_verifikasi"), _text(" (perlu verifikasi)"), _text(""))
    gone = pc.if_else(is_listed, _text(""), _text(" (tidak pada daftar terbaru)"))
    return joined(pa.array(said, pa.large_string()).take(coded.indices), unsure, gone)


def _home(names: pa.Array, table: pa.Table) -> pa.Array:
    """How a household is named: `SITI (KK, 4 anggota)`."""
    members = table["anggota"].combine_chunks()
    said = pc.if_else(
        pc.equal(members, 0), _text("kini di rumah tangga lain"), joined(members.cast(pa.large_string()), " anggota")
    )
    unknown = pc.if_else(_yes(table["kepala_tercatat"]), _text(""), _text("; kepala tidak diketahui"))
    return joined(names, " (KK, ", said, unknown, ")")


def _guardian(of: Mapping[str, pa.Array], leads: pa.Array) -> pa.Array:
    """Whom to speak to: the guardian whom a list names, else the head of the family; and who accompanies the person."""
    head = pc.if_else(leads, _text("kepala keluarga"), of["kepala"])
    whom = pc.coalesce(joined(of["wali"], " (wali)"), head)
    beside = joined("pendamping ", of["pendamping"])
    return pc.coalesce(joined(whom, "; ", beside), whom, beside)


def _address(of: Mapping[str, pa.Array]) -> pa.Array:
    """`JL. MERDEKA NO. 1, RT 001/RW 002`, as far as it is known."""
    rt, rw = (pc.fill_null(of[name], "…") for name in ("rt", "rw"))
    known = pc.or_(pc.is_valid(of["rt"]), pc.is_valid(of["rw"]))
    unit = pc.if_else(known, joined("RT ", rt, "/RW ", rw), pa.scalar(None, pa.large_string()))
    return pc.coalesce(joined(of["alamat"], ", ", unit), of["alamat"], unit)


def write_field_list(
    book: Any,
    looks: Looks,
    table: pa.Table,
    texts: Mapping[str, Any],
    on: date,
    *,
    name: str,
    footer: str,
    rows_a_sheet: int = ROWS_A_SHEET,
) -> None:
    """Add the sheet `name`: each village on a page of its own, with a line to sign at its end. What one sheet cannot
    hold goes on in the next (`<name> 2`), from a village on."""
    block = _with_bands(field_rows(table), table, texts)
    villages = np.flatnonzero(_kinds(block) == _KINDS.index("village")).tolist()
    for number, (first, end) in enumerate(parts(len(block), rows_a_sheet, villages), 1):
        page = book.add_worksheet(numbered(name, number))
        _write_sheet(page, looks, block.slice(first, end - first), texts, on, footer)


def _kinds(block: pa.Table) -> npt.NDArray[np.integer]:
    """What each row of a block is, by its place among `_KINDS`."""
    found: npt.NDArray[np.integer] = pc.index_in(block["kind"], pa.array(_KINDS, block["kind"].type)).to_numpy()
    return found


def _write_sheet(page: Any, looks: Looks, block: pa.Table, texts: Mapping[str, Any], on: date, footer: str) -> None:
    page.hide_gridlines(2)
    set_widths(page, list(COLUMNS.values()))
    set_up(page, "landscape", left=texts["title"].format(tanggal=on.strftime("%d-%m-%Y")), footer=footer, titles=(0, 0))
    page.freeze_panes(1, 1)
    header = looks.of("header")
    write_rows(page, 0, [Cells([text], header) for text in COLUMNS], [_HEADER_POINTS])
    if not len(block):
        write_rows(page, 1, [Cells([texts["nobody"]], looks.of("note"))])
        return
    tall, which = heights(block), _kinds(block)
    page.set_h_pagebreaks([1 + row for row in pages(np.array(_KINDS, dtype=object)[which], tall)])
    centred = {"Umur": "centre", "L/P": "centre", "✓": "tick"}
    columns = []
    for text in COLUMNS:
        own = looks.of(centred.get(text, "text"))
        columns.append(Cells(block[text], ByRow([own, *map(looks.of, _KINDS[1:])], which), keep_blank=True))
    write_rows(page, 1, columns, tall)


def heights(block: pa.Table) -> npt.NDArray[np.floating]:
    """Points that each row needs for all of its text at the widths of the columns."""
    lines = np.ones(len(block), dtype=np.int64)
    for text, pixels in COLUMNS.items():
        if text not in ("Umur", "L/P", "✓"):
            lines = np.maximum(lines, lines_needed(block[text], pixels))
    of_people = np.maximum(lines * LINE_POINTS + 3, 20.0)
    return np.choose(_kinds(block), [of_people, 22.0, 16.0, 44.0])


def pages(kind: npt.NDArray[np.object_], heights: npt.NDArray[np.floating]) -> list[int]:
    """The rows (from 0) at which a page begins, but for the first: each village, and within it where a page is full,
    or earlier, so that no band stands at its end and no line to sign alone on it. The breaks between villages come
    first where there are more than a sheet can hold.

    `kind`: what each row is, in the words of the block; `heights`: in points.
    """
    villages = np.flatnonzero(kind == "village").tolist()
    room = printable_points("landscape") - _HEADER_POINTS - _LEFT_FREE_POINTS
    ends = np.cumsum(heights)
    within: list[int] = []
    for first, end in pairwise([*villages, len(kind)]):
        if len(villages) + len(within) > _MOST_PAGE_BREAKS:
            break
        while ends[end - 1] - ends[first] + heights[first] > room:
            full = int(np.searchsorted(ends, ends[first] - heights[first] + room, side="right"))
            full -= kind[full] == "sign"
            while full > first + 1 and kind[full - 1] in ("village", "dusun"):
                full -= 1
            first = max(full, first + 1)
            within.append(first)
    return sorted([*villages[1:], *within][:_MOST_PAGE_BREAKS])


def _with_bands(rows: pa.Table, table: pa.Table, texts: Mapping[str, Any]) -> pa.Table:
    """The rows with a band before each village and dusun, and a line to sign behind each village; `kind` says which."""
    village, dusun = (pc.fill_null(rows[name].combine_chunks(), "") for name in ("kode_desa", "dusun"))
    first, turns = _begins(village), _begins(village, dusun)
    last = np.append(first[1:], True)[: len(rows)]
    at = np.arange(len(rows), dtype="float64")
    bands = _villages_said(village.filter(pa.array(first)).to_pylist(), Counter(village.to_pylist()), table, texts)
    hamlets = [_hamlet(name) for name in dusun.filter(pa.array(turns)).to_pylist()]
    signs = [texts["sign"]] * int(last.sum())
    order = np.argsort(np.concatenate([at, at[first] - 0.6, at[turns] - 0.4, at[last] + 0.2]), kind="stable")
    said = pa.array([*bands, *hamlets, *signs], pa.large_string())
    people = pa.array(order, mask=order >= len(rows))
    block = {text: rows[text].combine_chunks().take(people) for text in COLUMNS}
    block["Nama"] = pa.concat_arrays([rows["Nama"].combine_chunks(), said]).take(pa.array(order))
    kinds = np.repeat(np.arange(len(_KINDS)), [len(rows), len(bands), len(hamlets), len(signs)])
    return pa.table(block | {"kind": pa.array(_KINDS, pa.large_string()).take(pa.array(kinds[order]))})


def _begins(*columns: pa.Array) -> npt.NDArray[np.bool_]:
    """The rows in which another value stands than in the row before, in any of some columns without nulls."""
    begins = np.ones(len(columns[0]), dtype=bool)
    if len(begins):
        others = (pc.not_equal(column[1:], column[:-1]).to_numpy(zero_copy_only=False) for column in columns)
        begins[1:] = reduce(np.logical_or, others)
    return begins


def _villages_said(
    codes: Sequence[str], counted: Mapping[str, int], table: pa.Table, texts: Mapping[str, Any]
) -> list[str]:
    """How each village is headed: where it lies, and how many referrals its list and the restricted one hold."""
    sealed = Counter(table["kode_desa"].filter(pc.is_null(table["nama"])).to_pylist())
    levels = ["desa", "kecamatan", "kabupaten"]
    _, rows = np.unique(numbers_of(table["kode_desa"]), return_index=True)
    named = {place.pop("kode_desa"): place for place in table.select(["kode_desa", *levels]).take(rows).to_pylist()}
    return [
        texts["village"].format(
            **{level: name or "…" for level, name in named[code].items()}, kode=code, rujukan=counted[code]
        )
        + (texts["sealed"].format(rujukan=sealed[code]) if code in sealed else "")
        for code in codes
    ]


def _hamlet(name: str) -> str:
    """How a dusun is headed: with its kind before it, unless its name says it.

    >>> _hamlet("TIGA"), _hamlet("Dusun I"), _hamlet("")
    ('Dusun TIGA', 'Dusun I', 'Dusun tidak disebut')
    """
    if not name:
        return "Dusun tidak disebut"
    return name if name.lower().startswith(("dusun", "dsn", "lingkungan", "lk")) else f"Dusun {name}"
