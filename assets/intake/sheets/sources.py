"""Where a value stands that is not in the row's own cells: in a merged cell, a band, a row above, a title, a name.

Written down as `origin@cell` (`above@C5`, `band@A12`), or `origin` alone where it stands in no cell: `sheet` and `file`
for their names, `sidecar` for what was sent along. All origins: `value_origins` in `warehouse/tables/_shared.yml`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from assets.intake.sheets.grid import Grid
from assets.intake.sheets.labels import labelled_values

Said = dict[str, tuple[str, str]]
"""By field: a text, and where it stands."""


def said(grid: Grid, row: int, values: Mapping[str, str]) -> Said:
    """Values that one grid row says as a band, each with its cell."""
    return {field: (text, f"band@{_cell_of(grid, row, field, text)}") for field, text in values.items()}


def title_saying(grid: Grid, rows: Iterable[int], text: str, read: Callable[[str], str | None]) -> str:
    """The first cell of some grid rows from which `read` takes a text; "" for none."""
    for row in rows:
        for column, written in enumerate(grid.texts[row]):
            if written and read(written) == text:
                return f"title@{grid.cell(row, column)}"
    return ""


def listed(filled: Mapping[str, str]) -> str:
    """Fields with where their values stand, as one text.

    >>> listed({"rt": "above@F5", "dusun": "sheet"})
    'dusun=sheet|rt=above@F5'
    """
    return "|".join([f"{field}={place}" for field, place in sorted(filled.items())]) if filled else ""


def declared(places: str, category: str) -> str:
    """The places of a row (as `listed`) whose categories the file that was sent along says, in place of `category`, if
    the sheet named one."""
    kept = [place for place in places.split("|") if place and not (category and place.startswith("kategori="))]
    return "|".join([*kept, "kategori=sidecar"])


def _cell_of(grid: Grid, row: int, field: str, text: str) -> str:
    """The cell of a row that holds the value of a field: beside or behind its label, else the first that holds it as a
    word, else the first that is not blank."""
    cells = [(column, written) for column, written in enumerate(grid.texts[row]) if written]
    holding = [number for number, (_, written) in enumerate(cells) if _has_word(written, text)]
    for number in holding if len(holding) > 1 else ():
        near = tuple(written for _, written in cells[max(number - 2, 0) : number + 1])
        if any(_labelled(near[start:]).get(field) == text for start in range(len(near))):
            return grid.cell(row, cells[number][0])
    return grid.cell(row, cells[holding[0] if holding else 0][0]) if cells else grid.cell(row, 0)


@lru_cache(maxsize=256)
def _labelled(texts: tuple[str, ...]) -> Mapping[str, str]:
    """`labelled_values`, kept while the same cells are asked for every field of their row."""
    return labelled_values(texts)


def _has_word(written: str, text: str) -> bool:
    """Whether a text stands in another with no letter, digit or `_` right before or behind it.

    >>> _has_word("RT 3, RW 13", "3"), _has_word("RW 13", "3"), _has_word("RW 13/3", "3")
    (True, False, True)
    """
    at = written.find(text)
    while at >= 0:
        around = written[max(at - 1, 0) : at] + written[at + len(text) : at + len(text) + 1]
        if not any(letter.isalnum() or letter == "_" for letter in around):
            return True
        at = written.find(text, at + 1)
    return False
