"""*Daftar lapangan*: the list that an officer prints and takes along, by village and dusun, nine columns on A4."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.letters import LINE_POINTS, lines_needed
from assets.publications.book.cells import ByRow, Cells, write_rows
from assets.publications.book.hamlets import headings
from assets.publications.book.pages import Looks, printable_pixels, printable_points, set_up, set_widths
from assets.publications.book.tables import ROWS_A_SHEET, numbered, parts
from validation.categories import pmks_types
from validation.keys import in_order_of

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


def field_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the list in their order: `COLUMNS`, with `_KEPT` of the table beside them.

    Whoever is named in the restricted file only is not in it. What is not known stays empty: it is written in by hand.
    `dusun` is the heading of all who are of one dusun, however their lists write it; numbered ones come first.
    """
    named = table[SHOWN][table["nama"].notna()]
    if named.empty:
        return pd.DataFrame(columns=[*_KEPT, *COLUMNS], dtype="str")
    dusun = headings(named["kode_desa"], named["dusun"])
    named = named.assign(dusun=dusun["heading"], number=dusun["number"])
    ordered = in_order_of(named, [*_PLACE, "number", "dusun", *_WITHIN])
    names = ordered["kode_pmks"].map({code: kind.nama for code, kind in pmks_types().items()})
    names = names.mask(ordered["status"] == "perlu_verifikasi", names + " (perlu verifikasi)")
    names = names.mask(~ordered["tercatat_pada_daftar_terbaru"].astype(bool), names + " (tidak pada daftar terbaru)")
    is_home = ordered["subject"] == "household"
    leads = is_home | (ordered["kepala"] == ordered["nama"]).fillna(False)
    members = ordered["anggota"].astype("str") + " anggota"
    home = ordered["nama"] + " (KK, " + members.mask(ordered["anggota"] == 0, "kini di rumah tangga lain")
    home = home.where(ordered["kepala_tercatat"].astype(bool), home + "; kepala tidak diketahui") + ")"
    return pd.DataFrame(
        {
            **{name: ordered[name] for name in _KEPT},
            "Nama": ordered["nama"].mask(is_home, home),
            "Umur": ordered["umur"],
            "L/P": ordered["jenis_kelamin"],
            "Kategori": names,
            "Wali / kepala keluarga": _guardian(ordered, leads),
            "Alamat, RT/RW": _address(ordered),
            "Telepon": ordered["telepon"],
            "Tujuan rujukan": ordered["tujuan"],
            "✓": TICK,
        }
    )


def _guardian(table: pd.DataFrame, leads: pd.Series) -> pd.Series:
    """Whom to speak to: the guardian whom a list names, else the head of the family; and who accompanies the person."""
    whom = (table["wali"] + " (wali)").fillna(table["kepala"].mask(leads, "kepala keluarga"))
    both = whom + "; pendamping " + table["pendamping"]
    return both.fillna(whom).fillna("pendamping " + table["pendamping"])


def _address(table: pd.DataFrame) -> pd.Series:
    """`JL. MERDEKA NO. 1, RT 001/RW 002`, as far as it is known."""
    unit = "RT " + table["rt"].fillna("…") + "/RW " + table["rw"].fillna("…")
    unit = unit.where(table["rt"].notna() | table["rw"].notna())
    both = table["alamat"] + ", " + unit
    return both.fillna(table["alamat"]).fillna(unit)


def write_field_list(
    book: Any,
    looks: Looks,
    table: pd.DataFrame,
    texts: Mapping[str, Any],
    on: date,
    *,
    name: str,
    footer: str,
    rows_a_sheet: int = ROWS_A_SHEET,
) -> None:
    """Add the sheet `name`: each village on a page of its own, with a line to sign at its end. What one sheet cannot
    hold goes on in the next (`<name> 2`), from a village on."""
    block = _with_bands(field_rows(table).drop(columns="alasan"), table, texts)
    villages = block.index[block["kind"] == "village"].tolist()
    for number, (first, end) in enumerate(parts(len(block), rows_a_sheet, villages), 1):
        page = book.add_worksheet(numbered(name, number))
        _write_sheet(page, looks, block[first:end].reset_index(drop=True), texts, on, footer)


def _write_sheet(page: Any, looks: Looks, block: pd.DataFrame, texts: Mapping[str, Any], on: date, footer: str) -> None:
    page.hide_gridlines(2)
    set_widths(page, list(COLUMNS.values()))
    set_up(page, "landscape", left=texts["title"].format(tanggal=on.strftime("%d-%m-%Y")), footer=footer, titles=(0, 0))
    page.freeze_panes(1, 1)
    header = looks.of("header")
    write_rows(page, 0, [Cells([text], header) for text in COLUMNS], [_HEADER_POINTS])
    if block.empty:
        write_rows(page, 1, [Cells([texts["nobody"]], looks.of("note"))])
        return
    tall = heights(block)
    page.set_h_pagebreaks([1 + row for row in pages(block["kind"], tall)])
    kinds = pd.Index(["person", "village", "dusun", "sign"])
    which = kinds.get_indexer(pd.Index(block["kind"]))
    centred = {"Umur": "centre", "L/P": "centre", "✓": "tick"}
    columns = []
    for text in COLUMNS:
        own = looks.of(centred.get(text, "text"))
        columns.append(Cells(block[text], ByRow([own, *map(looks.of, kinds[1:])], which), keep_blank=True))
    write_rows(page, 1, columns, tall)


def heights(block: pd.DataFrame) -> npt.NDArray[np.floating]:
    """Points that each row needs for all of its text at the widths of the columns."""
    lines = np.ones(len(block), dtype=np.int64)
    persons = (block["kind"] == "person").to_numpy()
    for text, pixels in COLUMNS.items():
        if text in ("Umur", "L/P", "✓"):
            continue
        lines = np.maximum(lines, np.where(persons, lines_needed(block[text], pixels), 1))
    heights = np.maximum(lines * LINE_POINTS + 3, 20.0)
    fixed = block["kind"].map({"village": 22.0, "dusun": 16.0, "sign": 44.0})
    return fixed.fillna(pd.Series(heights, index=block.index)).to_numpy()


def pages(kinds: pd.Series, heights: npt.NDArray[np.floating]) -> list[int]:
    """The rows (from 0) at which a page begins, but for the first: each village, and within it where a page is full,
    or earlier, so that no band stands at its end and no line to sign alone on it. The breaks between villages come
    first where there are more than a sheet can hold.

    `kinds`: what each row is, in the words of the block; `heights`: in points.
    """
    kind = kinds.to_numpy(dtype=object)
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


def _with_bands(rows: pd.DataFrame, table: pd.DataFrame, texts: Mapping[str, Any]) -> pd.DataFrame:
    """The rows with a band before each village and dusun, and a line to sign behind each village; `kind` says which."""
    if rows.empty:
        return rows.assign(kind=pd.Series(dtype="str"))
    sealed = table.loc[table["nama"].isna(), "kode_desa"].value_counts().to_dict()
    levels = ["desa", "kecamatan", "kabupaten"]
    place = table.drop_duplicates("kode_desa").set_index("kode_desa")[levels].fillna("…")
    names = {code: dict(zip(levels, named, strict=True)) for code, *named in place.itertuples(name=None)}
    counted = rows.groupby("kode_desa").size().to_dict()
    village = rows["kode_desa"]
    first = (village != village.shift()).to_numpy()
    last = (village != village.shift(-1)).to_numpy()
    dusun = rows["dusun"].fillna("")
    turns = first | (dusun != dusun.shift()).to_numpy()
    at = np.arange(len(rows), dtype="float64")
    said = [
        texts["village"].format(**names[code], kode=code, rujukan=counted[code])
        + (texts["sealed"].format(rujukan=sealed[code]) if code in sealed else "")
        for code in village[first]
    ]
    bands = pd.DataFrame({"Nama": said, "kind": "village"}, index=at[first] - 0.6)
    hamlets = pd.DataFrame({"Nama": [_hamlet(name) for name in dusun[turns]], "kind": "dusun"}, index=at[turns] - 0.4)
    signs = pd.DataFrame({"Nama": texts["sign"], "kind": "sign"}, index=at[last] + 0.2)
    persons = rows.assign(kind="person").set_index(at)
    return pd.concat([persons, bands, hamlets, signs]).sort_index(kind="stable").reset_index(drop=True)


def _hamlet(name: str) -> str:
    """How a dusun is headed: with its kind before it, unless its name says it.

    >>> _hamlet("TIGA"), _hamlet("Dusun I"), _hamlet("")
    ('Dusun TIGA', 'Dusun I', 'Dusun tidak disebut')
    """
    if not name:
        return "Dusun tidak disebut"
    return name if name.lower().startswith(("dusun", "dsn", "lingkungan", "lk")) else f"Dusun {name}"
