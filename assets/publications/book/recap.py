"""*Rekap*: villages by category, needed places by panti type, and how long referrals have stood without an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from assets.publications.book.cells import Cells, write_rows
from assets.publications.book.pages import Looks, printable_pixels, printable_points, set_up, set_widths
from assets.publications.book.tables import write_lines
from assets.publications.recaps import TOTALS, Counts, Figures
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
    codes = [code for code in pmks_types() if code in villages]
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
    if sum(_TOP_POINTS + _ROW_POINTS * len(counts["rujukan"]) for counts in (figures.places, stood)) > printable_points(
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
    if twice["desa"]:
        page_breaks.append(row)
        row = write_lines(page, looks, row, [("heading", texts["doubles"]), ("about", texts["doubles_note"])])
        where = [", ".join(place) for place in zip(twice["desa"], twice["kecamatan"], strict=True)]
        shown = {name: twice[name] for name in twice if name != "kecamatan"} | {"desa": where}
        _counted(page, looks, row, shown, "desa", texts["doubles_headers"])
    page.set_h_pagebreaks(page_breaks)


def _villages(page: Any, looks: Looks, row: int, villages: Counts, codes: list[str]) -> int:
    """The villages, under each kabupaten its sum, and the sum of all."""
    header, upright = looks.of("header"), looks.of("header_up")
    heads = [Cells([text], header) for text in ("Desa/kelurahan", "Kecamatan", *_HEADERS.values())]
    row = write_rows(page, row, [*heads, *(Cells([_short(code)], upright) for code in codes)], [150.0])
    numbers = [*TOTALS, *codes]
    starts = [0]
    for kabupaten, inside in groupby(villages["kabupaten"]):
        starts.append(starts[-1] + len(list(inside)))
        part = {name: villages[name][starts[-2] : starts[-1]] for name in (*_PLACE_PIXELS, *numbers)}
        row = _sums(page, looks, row, kabupaten, part, numbers)
        cells = [Cells(part[name], looks.of("text")) for name in _PLACE_PIXELS]
        cells += [Cells(_without_zeros(part[name]), looks.of("number"), True) for name in numbers]
        row = write_rows(page, row, cells)
    if villages["kabupaten"]:
        row = _sums(page, looks, row, "Semua", villages, numbers)
    return row


def _without_zeros(counts: Sequence[float]) -> list[float | None]:
    return [count or None for count in counts]


def _sums(page: Any, looks: Looks, row: int, text: str, villages: Counts, numbers: list[str]) -> int:
    sums = [Cells([sum(villages[name])], looks.of("sum")) for name in numbers]
    sum_text = looks.of("sum_text")
    return write_rows(page, row, [Cells([text], sum_text), Cells([None], sum_text, True), *sums], [26.0])


def _short(code: str) -> str:
    """A category as it heads a narrow column: `08 Lanjut usia terlantar (orang)`."""
    kind = pmks_types()[code]
    name = kind.nama if len(kind.nama) <= 34 else kind.nama[:33].rstrip() + "…"
    return f"{code} {name} ({'orang' if kind.subjek == 'person' else 'KK'})"


def _counted(page: Any, looks: Looks, row: int, counts: Counts, key: str, headers: Mapping[str, str]) -> int:
    """A table of counts whose first column is wide: it takes the place of the first two columns of the sheet."""
    header, upright, wide = looks.of("header"), looks.of("header_up"), looks.of("wide")
    named = [name for name in counts if name != key]
    heads = [Cells([headers[key]], header), Cells([None], header, True)]
    heads += [Cells([headers.get(name, name)], upright) for name in named]
    row = write_rows(page, row, heads, [_HEAD_POINTS])
    cells = [Cells(counts[key], wide), Cells([None] * len(counts[key]), wide, True)]
    for name in named:
        look = looks.of("number" if all(isinstance(count, int) for count in counts[name]) else "tenths")
        cells.append(Cells(_without_zeros(counts[name]), look, True))
    return write_rows(page, row, cells)
