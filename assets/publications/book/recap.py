"""*Rekap*: villages by category, needed places by panti type, and how long referrals have stood without an answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
from pandas.api.types import is_integer_dtype

from assets.publications.book.cells import Cells, write_rows
from assets.publications.book.pages import Looks, printable_pixels, printable_points, set_up, set_widths
from assets.publications.book.tables import write_lines
from assets.publications.recaps import TOTALS, Figures
from validation.categories import pmks_types

_PLACE_PIXELS = {"desa": 148, "kecamatan": 118}
_TOTAL_PIXELS, _COUNT_PIXELS = 50, 33
_WIDEST_COUNT_PIXELS = 60
_HEAD_POINTS, _ROW_POINTS = 92.0, 15.0
_TOP_POINTS = 38 + _HEAD_POINTS
"""Height of what stands above the rows of a table of counts: heading, sentence, headers."""
_HEADERS = {"rujukan": "Rujukan", "kk": "KK", "jiwa": "Jiwa"}


def write_recap(
    book: Any, looks: Looks, figures: Figures, texts: Mapping[str, Any], on: date, *, name: str, footer: str
) -> None:
    """Add the sheet `name`. `on`: the day on which waiting counts."""
    page = book.add_worksheet(name)
    page.hide_gridlines(2)
    villages = figures.villages
    codes = [code for code in pmks_types() if code in villages.columns]
    set_up(page, "landscape", left=texts["title"], footer=footer)
    taken = sum(_PLACE_PIXELS.values()) + 3 * _TOTAL_PIXELS
    room = (printable_pixels("landscape") - taken) // max(len(codes), 1)
    counts = max(_COUNT_PIXELS, min(_WIDEST_COUNT_PIXELS, room))
    set_widths(page, [*_PLACE_PIXELS.values(), *[_TOTAL_PIXELS] * 3, *[counts] * max(len(codes), 8)])
    row = write_lines(page, looks, 0, [("title", texts["title"]), ("about", texts["units"])])
    row = write_lines(page, looks, row, [("heading", texts["villages"])])
    row = _villages(page, looks, row, villages, codes)
    page_breaks = [row]
    row = write_lines(page, looks, row, [("heading", texts["places"]), ("about", texts["places_note"])])
    row = _counted(page, looks, row, figures.places, "tujuan", texts["place_headers"])
    stood = figures.waiting(on)
    if sum(_TOP_POINTS + _ROW_POINTS * len(counts) for counts in (figures.places, stood)) > printable_points(
        "landscape"
    ):
        page_breaks.append(row)
    row = write_lines(
        page,
        looks,
        row,
        [("heading", texts["waiting"]), ("about", texts["waiting_note"].format(tanggal=f"{on:%d-%m-%Y}"))],
    )
    row = _counted(page, looks, row, stood, "menunggu", texts["waiting_headers"])
    twice = figures.doubles
    if len(twice):
        page_breaks.append(row)
        row = write_lines(page, looks, row, [("heading", texts["doubles"]), ("about", texts["doubles_note"])])
        twice = twice.assign(desa=twice["desa"] + ", " + twice["kecamatan"]).drop(columns="kecamatan")
        _counted(page, looks, row, twice, "desa", texts["doubles_headers"])
    page.set_h_pagebreaks(page_breaks)


def _villages(page: Any, looks: Looks, row: int, villages: pd.DataFrame, codes: list[str]) -> int:
    """The villages, under each kabupaten its sum, and the sum of all."""
    header, upright = looks.of("header"), looks.of("header_up")
    heads = [Cells([text], header) for text in ("Desa/kelurahan", "Kecamatan", *_HEADERS.values())]
    row = write_rows(page, row, [*heads, *(Cells([_short(code)], upright) for code in codes)], [150.0])
    numbers = [*TOTALS, *codes]
    for kabupaten, inside in villages.groupby("kabupaten", sort=True):
        row = _sums(page, looks, row, str(kabupaten), inside, numbers)
        cells = [Cells(inside[name], looks.of("text")) for name in _PLACE_PIXELS]
        cells += [Cells(inside[name].mask(inside[name] == 0), looks.of("number"), True) for name in numbers]
        row = write_rows(page, row, cells)
    if len(villages):
        row = _sums(page, looks, row, "Semua", villages, numbers)
    return row


def _sums(page: Any, looks: Looks, row: int, text: str, villages: pd.DataFrame, numbers: list[str]) -> int:
    sums = [Cells([int(villages[name].sum())], looks.of("sum")) for name in numbers]
    sum_text = looks.of("sum_text")
    return write_rows(page, row, [Cells([text], sum_text), Cells([None], sum_text, True), *sums], [26.0])


def _short(code: str) -> str:
    """A category as it heads a narrow column: `08 Lanjut usia terlantar (orang)`."""
    kind = pmks_types()[code]
    name = kind.nama if len(kind.nama) <= 34 else kind.nama[:33].rstrip() + "…"
    return f"{code} {name} ({'orang' if kind.subjek == 'person' else 'KK'})"


def _counted(page: Any, looks: Looks, row: int, counts: pd.DataFrame, key: str, headers: Mapping[str, str]) -> int:
    """A table of counts whose first column is wide: it takes the place of the first two columns of the sheet."""
    header, upright, wide = looks.of("header"), looks.of("header_up"), looks.of("wide")
    named = [name for name in counts.columns if name != key]
    heads = [Cells([headers[key]], header), Cells([None], header, True)]
    heads += [Cells([headers.get(name, name)], upright) for name in named]
    row = write_rows(page, row, heads, [_HEAD_POINTS])
    cells = [Cells(counts[key], wide), Cells([None] * len(counts), wide, True)]
    shown = {name: looks.of("number" if is_integer_dtype(counts[name]) else "tenths") for name in named}
    cells += [Cells(counts[name].mask(counts[name] == 0), shown[name], True) for name in named]
    return write_rows(page, row, cells)
