"""*Ringkasan*: what the list comes to, in figures and charts, and how the workbook is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from assets.letters import LINE_POINTS, lines_needed, lines_of
from assets.publications.book.cells import Cells, write_rows
from assets.publications.book.pages import BLUE, Looks, printable_pixels, set_up, set_widths
from assets.publications.book.tables import write_lines
from assets.publications.changes import Changes
from assets.publications.recaps import TOTALS, Figures
from assets.referrals.answers import UNANSWERED
from validation.answers import MARK, STATUSES, reasons_of_refusal

_WIDTHS = [62, 184, 60, 44, 44, 54, 58, 52, 58, 52]
assert sum(_WIDTHS) <= printable_pixels("portrait")
_ROW_PIXELS = 20
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
    if elsewhere:
        row = _paragraph(page, looks, row, "note", texts["elsewhere"].format(files="; ".join(elsewhere)))
    row = write_lines(page, looks, row, [("heading", texts["categories"])])
    counts, top = figures.categories, row + 1
    row = _categories(page, looks, row, counts, texts["headers"]) + 1
    if len(counts):
        row = _charts(book, page, row, top, counts, texts, name)
    page.set_h_pagebreaks([row])
    for look, text in texts["guide"]:
        row = _paragraph(page, looks, row, look, text.format(**facts))


def _facts(figures: Figures, changed: Changes, about: Mapping[str, str], under_one: str, on: date) -> dict[str, Any]:
    table, twice = figures.table, figures.doubles
    needed = figures.places["dibutuhkan"].sum()
    return {
        "rows": f"{len(table):,}".replace(",", "."),
        "people": about["orang_atau_rumah_tangga"],
        "villages": about["desa"],
        "date": f"{on:%d-%m-%Y}",
        "profile": about["profil"],
        "new": len(changed.begun),
        "ended": len(changed.ended),
        "before": f"{changed.since:%d-%m-%Y}" if changed.since else "–",
        "pairs": int(twice["pasangan"].sum()),
        "doubled": round(float(twice["diperkirakan"].sum())) or under_one,
        "unanswered": int(table["jawaban"].isna().sum()),
        "needed": int(needed),
        "verify": int((table["status"] == "perlu_verifikasi").sum()),
        "answers": ", ".join(STATUSES),
        "refusals": "; ".join(f"{code} ({meaning})" for code, meaning in reasons_of_refusal().items()),
    }


def _categories(page: Any, looks: Looks, row: int, counts: pd.DataFrame, headers: Mapping[str, str]) -> int:
    header, numbers = looks.of("header"), [*TOTALS, UNANSWERED, *STATUSES]
    row = write_rows(page, row, [Cells([headers[n]], header) for n in ["kode_pmks", "kategori", *numbers]], [28.0])
    cells = [Cells(counts[text], looks.of("text")) for text in ("kode_pmks", "kategori")]
    cells += [Cells(counts[name], looks.of("number")) for name in numbers]
    heights = (LINE_POINTS * lines_needed(counts["kategori"], _WIDTHS[1]) + 3).tolist()
    row = write_rows(page, row, cells, heights)
    total = looks.of("sum")
    sums = [Cells([int(counts[n].sum())] if n not in ("kk", "jiwa") else [None], total, True) for n in numbers]
    return write_rows(page, row, [Cells([headers["sum"]], looks.of("sum_text")), Cells([None], total, True), *sums])


def _charts(book: Any, page: Any, row: int, top: int, counts: pd.DataFrame, texts: Mapping[str, Any], name: str) -> int:
    """Two charts under each other: referrals by category, and how they were answered. `top`: the row of the first
    category."""
    last = top + len(counts) - 1
    labels = {"categories": [name, top, 1, last, 1], "categories_data": counts["kategori"].tolist()}
    states = [UNANSWERED, *STATUSES]
    for title, shown in (("chart_categories", ["rujukan"]), ("chart_answers", states)):
        chart = book.add_chart({"type": "bar", "subtype": "stacked"})
        for state in shown:
            at = 2 + [*TOTALS, *states].index(state)
            chart.add_series(
                {
                    **labels,
                    "values": [name, top, at, last, at],
                    "values_data": counts[state].tolist(),
                    "name": texts["headers"][state],
                    "fill": {"color": _COLOURS[state]},
                    "gap": 40,
                }
            )
        chart.set_title({"name": texts[title], "overlay": False, "name_font": {"size": 11, "color": BLUE}})
        chart.set_y_axis({"reverse": True, "interval_unit": 1, "num_font": {"size": 8}, "line": {"none": True}})
        chart.set_x_axis({"num_font": {"size": 8}, "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}}})
        chart.set_legend({"none": True} if len(shown) == 1 else {"position": "bottom", "font": {"size": 8}})
        height = 90 + 20 * len(counts)
        chart.set_size({"width": sum(_WIDTHS) - 4, "height": height})
        page.insert_chart(row, 0, chart, {"description": texts[title], "x_offset": 2, "y_offset": 4})
        row += -(-(height + 12) // _ROW_PIXELS)
    return row


def _paragraph(page: Any, looks: Looks, row: int, look: str, text: str) -> int:
    """A text over the whole width of the page."""
    if look != "note":
        return write_lines(page, looks, row, [(look, text)])
    lines = lines_of(text, sum(_WIDTHS))
    page.merge_range(row, 0, row, len(_WIDTHS) - 1, "", looks.of(look))
    page.write_string(row, 0, text, looks.of(look))
    page.set_row(row, lines * LINE_POINTS + 4)
    return row + 1
