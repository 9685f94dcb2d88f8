"""Plain sheets: a heading, a sentence, and a table that fills the paper. Used by all lists but the long ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from assets.letters import LINE_POINTS, lines_needed
from assets.publications.book.cells import Cells, write_rows
from assets.publications.book.pages import Looks, set_up, set_widths

ROWS_A_SHEET = 1_048_575
"""What a sheet holds below its first row."""
_ABOVE = 3
"""Rows of a plain sheet above its data: heading, sentence, headers."""


class Shown(NamedTuple):
    """A column of a plain sheet: the table's column, what stands above it, its width in pixels, and its format."""

    column: str
    header: str
    pixels: int
    look: str = "text"


def heights_of(table: pa.Table, shown: Sequence[Shown]) -> npt.NDArray[np.floating]:
    """Points that each row needs for all of its text."""
    lines = np.ones(len(table), dtype=np.int64)
    for each in shown:
        if each.look == "text":
            lines = np.maximum(lines, lines_needed(table[each.column], each.pixels))
    return lines * LINE_POINTS + 3


def write_table(page: Any, looks: Looks, row: int, table: pa.Table, shown: Sequence[Shown]) -> int:
    """Write a table from `row` on, its headers first; gives the row after it."""
    header = looks.of("header")
    row = write_rows(page, row, [Cells([each.header], header) for each in shown], [28.0])
    cells = [Cells(table[each.column], looks.of(each.look), keep_blank=True) for each in shown]
    return write_rows(page, row, cells, heights_of(table, shown))


def write_list(
    book: Any,
    looks: Looks,
    name: str,
    table: pa.Table,
    shown: Sequence[Shown],
    texts: Mapping[str, str],
    *,
    footer: str,
    orientation: str = "landscape",
    rows_a_sheet: int = ROWS_A_SHEET,
) -> None:
    """Add a sheet with one table. `texts`: its `title`, what it is (`about`), what is said where it is `empty`.

    What one sheet cannot hold goes on in the next (`<name> 2`).
    """
    for number, (first, end) in enumerate(parts(len(table), rows_a_sheet + 1 - _ABOVE), 1):
        page = book.add_worksheet(numbered(name, number))
        _write_part(page, looks, table.slice(first, end - first), shown, texts, footer, orientation)


def numbered(name: str, number: int) -> str:
    """The name of the sheet that holds a part of a list: `Baru`, then `Baru 2`."""
    return name if number == 1 else f"{name} {number}"


def parts(count: int, most: int, starts: Sequence[int] = ()) -> list[tuple[int, int]]:
    """First row and end of each part of a list of `count` rows, none longer than `most`; one part if it has no rows.

    It is cut before one of `starts` (rows at which something begins that belongs together), and within only what is
    longer than a part.

    >>> parts(10, 4), parts(10, 4, starts=[0, 3, 6, 9]), parts(0, 4)
    ([(0, 4), (4, 8), (8, 10)], [(0, 3), (3, 6), (6, 10)], [(0, 0)])
    """
    cuts = [0]
    for here, following in pairwise([*starts, count] if starts else [0, count]):
        if following - cuts[-1] > most and here > cuts[-1]:
            cuts.append(here)
        cuts += range(cuts[-1] + most, following, most)
    return list(pairwise([*cuts, count]))


def _write_part(
    page: Any,
    looks: Looks,
    table: pa.Table,
    shown: Sequence[Shown],
    texts: Mapping[str, str],
    footer: str,
    orientation: str,
) -> None:
    page.hide_gridlines(2)
    set_widths(page, [each.pixels for each in shown])
    set_up(page, orientation, left=texts["title"], footer=footer, titles=(2, 2))
    write_lines(page, looks, 0, [("title", texts["title"]), ("about", texts["about"])])
    if not len(table):
        write_lines(page, looks, 2, [("about", texts["empty"])])
        return
    page.freeze_panes(3, 1)
    page.autofilter(2, 0, 2 + len(table), len(shown) - 1)
    write_table(page, looks, 2, table, shown)


def write_lines(page: Any, looks: Looks, row: int, lines: Sequence[tuple[str, str]]) -> int:
    """Write texts under each other in column A, each in its look; they run on over empty cells."""
    for look, text in lines:
        row = write_rows(page, row, [Cells([text], looks.of(look))], [height_of(look)])
    return row


def height_of(look: str) -> float:
    """Points of a line that `write_lines` writes in a look."""
    return {"title": 22.0, "heading": 24.0}.get(look, 14.0)
