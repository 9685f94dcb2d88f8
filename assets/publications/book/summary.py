"""*Ringkasan*: what the list comes to, in figures and charts, and how the workbook is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow.compute as pc

from assets.letters import LINE_POINTS, lines_needed, lines_of
from assets.publications.book.cells import Cells, write_rows
from assets.publications.book.pages import BLUE, Looks, printable_pixels, printable_points, set_up, set_widths
from assets.publications.book.tables import height_of, write_lines
from assets.publications.changes import Changes
from assets.publications.recaps import TOTALS, Counts, Figures
from assets.referrals.answers import UNANSWERED
from validation.answers import MARK, STATUSES, reasons_of_refusal

_WIDTHS = [62, 184, 60, 44, 44, 54, 58, 52, 58, 52]
assert sum(_WIDTHS) <= printable_pixels("portrait")
_ROW_PIXELS, _ROW_POINTS = 20, 15.0
_COLOURS = {
    "rujukan": BLUE, UNANSWERED: "#7F7F7F", "diterima": "#9DC3E6", "ditolak": "#C55A11", "dilayani": "#548235",
    "selesai": "#203864",
}  # fmt: skip
"""Told apart in grey print and by people who do not see red and green."""


def write_summary(
    book: Any,
    looks: Looks,
    figures: Figures,
    changed: Changes,
    texts: Mapping[str, Any],
    about: Mapping[str, str],
    on: date,
    *,
    name: str,
    footer: str,
    elsewhere: Sequence[str] = (),
) -> None:
    """Add the sheet `name`: the mark of the workbook, figures, the categories with how they were answered, two charts,
    and what a reader has to know. `elsewhere`: the workbooks that hold the lists of single referrals, if others do."""
    page = book.add_worksheet(name)
    page.hide_gridlines(2)
    set_widths(page, _WIDTHS)
    set_up(page, "portrait", left=texts["title"], footer=footer)
    said = [*texts["lead"], texts["since"] if changed.since else texts["first"]]
    facts = _facts(figures, changed, about, texts["under_one"], on)
    said += [texts["doubles"]] if facts["pairs"] else []
    lines = [("mark", f"{MARK}: {about['tanda']}"), ("title", texts["title"]), ("title", about["nama_direktorat"])]
    row = write_lines(page, looks, 0, [*lines, *(("plain", text.format(**facts)) for text in said)])
    above = sum(map(height_of, [*(look for look, _ in lines), *("plain" for _ in said), "heading"]))
    if elsewhere:
        where = texts["elsewhere"].format(files="; ".join(elsewhere))
        row, above = _paragraph(page, looks, row, "note", where), above + _height("note", where)
    row = write_lines(page, looks, row, [("heading", texts["categories"])])
    counts, top = figures.categories, row + 1
    row, high = _categories(page, looks, row, counts, texts["headers"])
    breaks: list[int] = []
    if counts["kode_pmks"]:
        row, above, breaks = _charts(book, page, row + 1, top, counts, texts, name, above + high + _ROW_POINTS)
    guide = [(look, text.format(**facts)) for look, text in texts["guide"]]
    if not breaks or above + sum(_height(look, text) for look, text in guide) > printable_points("portrait"):
        breaks.append(row)
    page.set_h_pagebreaks(breaks)
    for look, text in guide:
        row = _paragraph(page, looks, row, look, text)


def _facts(figures: Figures, changed: Changes, about: Mapping[str, str], under_one: str, on: date) -> dict[str, Any]:
    table, twice = figures.table, figures.doubles
    needed = sum(figures.places["dibutuhkan"])
    return {
        "rows": f"{len(table):,}".replace(",", "."),
        "people": about["orang_atau_rumah_tangga"],
        "villages": about["desa"],
        "date": f"{on:%d-%m-%Y}",
        "profile": about["profil"],
        "new": len(changed.begun),
        "ended": len(changed.ended),
        "before": f"{changed.since:%d-%m-%Y}" if changed.since else "–",
        "pairs": sum(twice["pasangan"]),
        "doubled": round(float(np.sum(twice["diperkirakan"]))) or under_one,
        "unanswered": table["jawaban"].null_count,
        "needed": needed,
        "verify": pc.sum(pc.equal(table["status"], "perlu_verifikasi")).as_py() or 0,
        "answers": ", ".join(STATUSES),
        "refusals": "; ".join(f"{code} ({meaning})" for code, meaning in reasons_of_refusal().items()),
    }


def _categories(page: Any, looks: Looks, row: int, counts: Counts, headers: Mapping[str, str]) -> tuple[int, float]:
    """Write the table of categories: the row below it, and its height in points."""
    header, numbers = looks.of("header"), [*TOTALS, UNANSWERED, *STATUSES]
    top = 28.0
    row = write_rows(page, row, [Cells([headers[n]], header) for n in ["kode_pmks", "kategori", *numbers]], [top])
    cells = [Cells(counts[text], looks.of("text")) for text in ("kode_pmks", "kategori")]
    cells += [Cells(counts[name], looks.of("number")) for name in numbers]
    heights = (LINE_POINTS * lines_needed(counts["kategori"], _WIDTHS[1]) + 3).tolist()
    row = write_rows(page, row, cells, heights)
    total = looks.of("sum")
    sums = [Cells([sum(counts[n])] if n not in ("kk", "jiwa") else [None], total, True) for n in numbers]
    row = write_rows(page, row, [Cells([headers["sum"]], looks.of("sum_text")), Cells([None], total, True), *sums])
    return row, top + sum(heights) + _ROW_POINTS


def _charts(
    book: Any, page: Any, row: int, top: int, counts: Counts, texts: Mapping[str, Any], name: str, above: float
) -> tuple[int, float, list[int]]:
    """Draw referrals by category, and below that how they were answered: the row below, the points of its page that
    are used, and before which rows a new page begins, since a chart is cut where a page ends. `top`: the row of the
    first category; `above`: points of the page that are used."""
    breaks: list[int] = []
    last = top + len(counts["kategori"]) - 1
    labels = {"categories": [name, top, 1, last, 1], "categories_data": counts["kategori"]}
    states = [UNANSWERED, *STATUSES]
    for title, shown in (("chart_categories", ["rujukan"]), ("chart_answers", states)):
        chart = book.add_chart({"type": "bar", "subtype": "stacked"})
        for state in shown:
            at = 2 + [*TOTALS, *states].index(state)
            chart.add_series(
                {
                    **labels,
                    "values": [name, top, at, last, at],
                    "values_data": counts[state],
                    "name": texts["headers"][state],
                    "fill": {"color": _COLOURS[state]},
                    "gap": 40,
                }
            )
        chart.set_title({"name": texts[title], "overlay": False, "name_font": {"size": 11, "color": BLUE}})
        # LibreOffice leaves out every second name if one of two lines is higher than its bar.
        chart.set_y_axis({"reverse": True, "interval_unit": 1, "num_font": {"size": 7}, "line": {"none": True}})
        chart.set_x_axis({"num_font": {"size": 8}, "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}}})
        legend = len(shown) > 1
        chart.set_legend({"position": "bottom", "font": {"size": 8}} if legend else {"none": True})
        height = 90 + 24 * legend + 22 * len(counts["kategori"])
        chart.set_size({"width": sum(_WIDTHS) - 4, "height": height})
        rows = -(-(height + 12) // _ROW_PIXELS)
        above += rows * _ROW_POINTS
        if above > printable_points("portrait"):
            breaks.append(row)
            above = rows * _ROW_POINTS
        page.insert_chart(row, 0, chart, {"description": texts[title], "x_offset": 2, "y_offset": 4})
        row += rows
    return row, above, breaks


def _paragraph(page: Any, looks: Looks, row: int, look: str, text: str) -> int:
    """A text over the whole width of the page."""
    if look != "note":
        return write_lines(page, looks, row, [(look, text)])
    page.merge_range(row, 0, row, len(_WIDTHS) - 1, "", looks.of(look))
    page.write_string(row, 0, text, looks.of(look))
    page.set_row(row, _height(look, text))
    return row + 1


def _height(look: str, text: str) -> float:
    """Points of a paragraph."""
    return lines_of(text, sum(_WIDTHS)) * LINE_POINTS + 4 if look == "note" else height_of(look)
