"""A sheet that we make of a village's rows: its cells are kept as they are said, and become XML when all is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from assets.publications.village_book.looks import Looks
from assets.publications.village_book.markup import held, letters, place_of, text_cell
from assets.publications.village_book.sheet import Sheet
from assets.safe_workbook import ALIVE

Said = str | float
"""A text, a number or a truth value; "" for nothing."""
_NO_CELLS = b"<sheetData/>"
_NOTHING: tuple[Said, int] = ("", 0)


class NewSheet(Sheet):
    """As `Sheet`, for one that no village sent: an element of XML for each cell takes several times as long."""

    def __init__(self, title: str, looks: Looks) -> None:
        super().__init__(title, looks)
        self._said: dict[int, dict[int, tuple[Said, int]]] = {}
        """By row and column, what stands in a cell, and its look."""

    def fill(self, rows: Iterable[tuple[int, Sequence[tuple[int, Said, int]]]]) -> None:
        """Write rows: of each cell its column, what stands in it, and its look."""
        for row, cells in rows:
            self._said[row] = {column: (said, self._guarded(said, look)) for column, said, look in cells}

    def value(self, at: str) -> Said | None:
        said, _ = self._at(*place_of(at))
        if isinstance(said, bool):
            return str(+said)
        return (held(said) or None) if isinstance(said, str) else said

    def look(self, at: str) -> int:
        return self._at(*place_of(at))[1]

    def last_column(self, rows: Iterable[int]) -> int:
        lines = (self._said.get(row, {}) for row in rows)
        return max((column for line in lines for column, (said, _) in line.items() if said != ""), default=0)

    def write(self, at: str, text: str) -> None:
        row, column = place_of(at)
        self._said.setdefault(row, {})[column] = text, self._guarded(text, self._at(row, column)[1])

    def dress(self, at: str, look: int) -> None:
        row, column = place_of(at)
        self._said.setdefault(row, {})[column] = self._at(row, column)[0], look

    def written(self, parts: Mapping[str, Sequence[str]]) -> bytes:
        lines = (f'<row r="{row}">{self._cells_of(row)}</row>' for row in sorted(self._said))
        return super().written(parts).replace(_NO_CELLS, f"<sheetData>{''.join(lines)}</sheetData>".encode(), 1)

    def _at(self, row: int, column: int) -> tuple[Said, int]:
        return self._said.get(row, {}).get(column, _NOTHING)

    def _guarded(self, said: Said, look: int) -> int:
        return self.looks.guarded(look) if isinstance(said, str) and said.startswith(ALIVE) else look

    def _cells_of(self, row: int) -> str:
        return "".join(_cell(row, column, said, look) for column, (said, look) in sorted(self._said[row].items()))


def _cell(row: int, column: int, said: Said, look: int) -> str:
    if isinstance(said, str):
        return text_cell(row, column, said, look)
    kind = ' t="b"' if isinstance(said, bool) else ""
    return f'<c r="{letters(column)}{row}" s="{look}"{kind}><v>{+said!r}</v></c>'
