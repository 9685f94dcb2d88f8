"""Pages as they are printed: A4, margins, footers, and widths that fill the paper at 100 %.

Widths are pixels at 96 to the inch, as spreadsheet programs show columns of the default font on the screen. On paper
they come out wider, since the letters of a printer are not rounded to whole pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from assets.letters import FONT_POINTS

PAPER_A4 = 9
MARGIN_INCHES = 0.4
TOP_INCHES, BOTTOM_INCHES = 0.6, 0.65
_INCH_PIXELS = 96
_WIDER_ON_PAPER = 1.07
"""Arial 10: 7 pixels a digit on the screen, 7.42 on paper; LibreOffice prints the same."""
_A4_INCHES = {"landscape": 11.69, "portrait": 8.27}
_INCH_POINTS = 72
BLUE, PALE, LINE = "#1F4E78", "#DDEBF7", "#BFBFBF"


def printable_pixels(orientation: str) -> int:
    """Width of all columns that fits between the margins of A4 at 100 %.

    >>> printable_pixels("landscape"), printable_pixels("portrait")
    (977, 670)
    """
    return int((_A4_INCHES[orientation] - 2 * MARGIN_INCHES) * _INCH_PIXELS / _WIDER_ON_PAPER)


def printable_points(orientation: str) -> int:
    """Height of all rows that fit on a page of A4 at 100 %.

    >>> printable_points("landscape"), printable_points("portrait")
    (505, 751)
    """
    height = _A4_INCHES["portrait" if orientation == "landscape" else "landscape"]
    return int((height - TOP_INCHES - BOTTOM_INCHES) * _INCH_POINTS)


def set_up(page: Any, orientation: str, *, left: str, footer: str, titles: tuple[int, int] | None = None) -> None:
    """Make a sheet print on A4 at its true size. `left`: what stands at the top left of each page; `footer`: what is
    said of confidentiality; `titles`: the rows that are repeated on every page."""
    page.set_paper(PAPER_A4)
    if orientation == "landscape":
        page.set_landscape()
    page.set_margins(left=MARGIN_INCHES, right=MARGIN_INCHES, top=TOP_INCHES, bottom=BOTTOM_INCHES)
    say_on_each_page(page, left=left, footer=footer)
    page.set_print_scale(100)
    page.center_horizontally()
    if titles:
        page.repeat_rows(*titles)


def say_on_each_page(page: Any, *, left: str, footer: str) -> None:
    """What stands at the top left, what is said of confidentiality, and the number of the page."""
    page.set_header(f"&L&9{_plain(left)}", {"margin": 0.25})
    page.set_footer(f"&L&8{_plain(footer)}&R&9Halaman &P dari &N", {"margin": 0.25})


def set_widths(page: Any, pixels: Sequence[int]) -> None:
    for at, width in enumerate(pixels):
        page.set_column_pixels(at, at, width)


class Looks:
    """The formats of one workbook, each made when it is first asked for."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self.of = cache(self._of)

    def _of(self, name: str) -> Any:
        return self._book.add_format(_LOOKS[name])


_BASE: dict[str, Any] = {"font_size": FONT_POINTS, "valign": "top"}
_BOXED = _BASE | {"border": 1, "border_color": LINE, "text_wrap": True}
_LOOKS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14, "font_color": BLUE},
    "heading": {"bold": True, "font_size": 11, "font_color": BLUE, "valign": "bottom"},
    "plain": {"font_size": 10},
    "note": _BASE | {"text_wrap": True, "font_color": "#404040"},
    "about": _BASE | {"font_color": "#595959"},
    "mark": {"font_color": "#A6A6A6", "font_size": 8},
    "header": _BOXED | {"bold": True, "bg_color": BLUE, "font_color": "white", "valign": "vcenter"},
    "header_up": _BOXED
    | {"bold": True, "bg_color": BLUE, "font_color": "white", "rotation": 90, "align": "center", "valign": "bottom"},
    "text": _BOXED | {"num_format": "@"},
    "to_fill": _BOXED | {"num_format": "@", "bg_color": "#FFF2CC"},
    "wrong": _BOXED | {"num_format": "@", "bg_color": "#FFC7CE"},
    "wide": _BASE | {"bottom": 1, "bottom_color": LINE, "num_format": "@"},
    "centre": _BOXED | {"align": "center", "num_format": "@"},
    "tick": _BOXED | {"align": "center", "font_size": 14},
    "number": _BOXED | {"num_format": "#,##0"},
    "tenths": _BOXED | {"num_format": "#,##0.0"},
    "date": _BOXED | {"num_format": "dd/mm/yyyy", "align": "center"},
    "sum": _BOXED | {"num_format": "#,##0", "bold": True, "bg_color": PALE},
    "sum_text": _BOXED | {"bold": True, "bg_color": PALE},
    "village": {"bold": True, "font_size": 11, "bg_color": PALE, "valign": "vcenter", "font_color": BLUE},
    "dusun": {"bold": True, "font_size": FONT_POINTS, "bg_color": "#F2F2F2", "valign": "vcenter"},
    "sign": _BASE | {"valign": "bottom"},
    "figure": {"bold": True, "font_size": 16, "font_color": BLUE, "num_format": "#,##0", "align": "left"},
}


def _plain(text: str) -> str:
    """A text for a header or footer, in which `&` begins a code."""
    return text.replace("&", "&&")
