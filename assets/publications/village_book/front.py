"""The sheet that is put before those of a village: locked text, written from its first row to its last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from assets.publications.village_book.looks import Looks
from assets.publications.village_book.markup import DECLARATION, MAIN, Said, content_of, escaped, letters


class Front:
    """Cells by row, in the order of their columns, and what stands around them. Rows and columns count from 1."""

    def __init__(self, title: str, looks: Looks) -> None:
        self.title, self.looks = title, looks
        self.widths: dict[int, float] = {}
        """In characters, of columns that are shown."""
        self.hidden: list[int] = []
        self.heights: dict[int, float] = {}
        self.links: dict[str, str] = {}
        """Of a cell, the place in this workbook."""
        self.titles = 1
        """The row that stays in sight, and on every page."""
        self.filtered = self.print_area = self.footer = ""
        self._rows: dict[int, list[str]] = defaultdict(list)
        self._known: dict[tuple[Said, int], str] = {}
        """The XML behind their place of cells with a text, and a look: many lines say the same."""

    def write(self, row: int, column: int, said: Said, look: int = 0) -> None:
        """A number, or text that stays text."""
        self._rows[row].append(f'<c r="{letters(column)}{row}"{self._dressed(said, look)}')

    def write_row(self, row: int, cells: Iterable[tuple[Said, int]]) -> None:
        """A row from its first column on: of each cell what stands in it, and its look."""
        known = self._known
        for column, cell in enumerate(cells, 1):
            xml = known.get(cell)
            if xml is None:
                xml = self._dressed(*cell)
                if isinstance(cell[0], str):
                    known[cell] = xml
            self._rows[row].append(f'<c r="{letters(column)}{row}"{xml}')

    @property
    def print_titles(self) -> str:
        return f"{self.titles}:{self.titles}"

    def written(self) -> bytes:
        """The part."""
        rows = "".join(f"<row{self._row(row)}>{''.join(self._rows[row])}</row>" for row in sorted(self._rows))
        shown = {column: f'width="{width:g}" customWidth="1"' for column, width in self.widths.items()}
        columns = shown | dict.fromkeys(self.hidden, 'width="13" hidden="1" customWidth="1"')
        widths = "".join(f'<col min="{at}" max="{at}" {columns[at]}/>' for at in sorted(columns))
        links = "".join(f'<hyperlink ref="{at}" location="{escaped(place)}"/>' for at, place in self.links.items())
        return (
            DECLARATION
            + (
                f'<worksheet xmlns="{MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
                '<sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0">'
                f'<pane ySplit="{self.titles}" topLeftCell="A{self.titles + 1}" activePane="bottomLeft" '
                'state="frozen"/>'
                '<selection pane="bottomLeft"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
                f"<cols>{widths}</cols><sheetData>{rows}</sheetData>"
                '<sheetProtection sheet="1" formatColumns="0" formatRows="0" autoFilter="0"/>'
                f'<autoFilter ref="{self.filtered}"/>{f"<hyperlinks>{links}</hyperlinks>" if links else ""}'
                '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.2" footer="0.25"/>'
                '<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>'
                f"<headerFooter><oddFooter>{escaped(self.footer)}</oddFooter></headerFooter></worksheet>"
            ).encode()
        )

    def _dressed(self, said: Said, look: int) -> str:
        """The XML of a cell behind its place."""
        return f' s="{self.looks.of_cell(look, said)}"{content_of(said)}'

    def _row(self, number: int) -> str:
        height = self.heights.get(number)
        return f' r="{number}"' + (f' ht="{height:g}" customHeight="1"' if height else "")
