"""What stands beside or below a table and is no part of it: legends of codes, and small counts.

Danger: a legend (`KODE | JENIS KELAMIN`, then `1 | Laki-laki`) two columns right of a list has the purest column of
sexes in the sheet, and would take the place of the list's own. Remedy: what an empty column sets apart from the table
and pairs words with codes or counts is taken out of the grid before headers are looked for; so are rows of such pairs
above and below the people. What the pairs say is kept as a legend.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from assets.intake.sheets.blocks import CORE, Block
from assets.intake.sheets.grid import Grid, usual_fill
from assets.intake.sheets.headers import fields_named, header_fields, header_key
from assets.intake.sheets.legends import Codes, legend_of, legends_in_cells
from assets.intake.sheets.side_tables import Line, SideTable, is_total, side_tables

_ABOVE_LEGEND = re.compile(r"KODE|KETERANGAN|KET$|ARTI|CATATAN|PETUNJUK|REKAP")
_MOST_PAIRS = 60
_SPARSE = 4
"""Cells in a row outside the table up to which it may be a line of a legend."""
_WHOLE = 0.9
"""Share of a table's people beside which pairs stand from which they are columns of it, if nothing speaks against."""


@dataclass(slots=True)
class Beside:
    """Cells that are no part of a table (grid row → columns), and the legends that they spell out, by field."""

    cells: dict[int, set[int]] = field(default_factory=dict)
    legends: dict[str, Codes] = field(default_factory=dict)

    def take(self, rows: Sequence[int], columns: Sequence[int], found: dict[str, Codes]) -> None:
        """Set cells aside, with the legends they hold; the first legend of a field counts."""
        for row in rows:
            self.cells.setdefault(row, set()).update(columns)
        self.legends = {**found, **self.legends}


def find_beside(grid: Grid, blocks: Sequence[Block]) -> Beside:
    """All cells of a sheet that stand beside, above or below its tables and pair words with codes or counts."""
    found = Beside()
    _over_pages(grid, blocks, found)
    grid = without(grid, found)
    for start, block, end in _tables(grid, blocks):
        body, rows = range(block.bottom + 1, end), range(start, end)
        full = _people(grid, body, range(grid.width), headed=bool(blocks))
        if len(full) < 2:
            continue
        main, others = _segments(grid, block, full)
        people = _people(grid, body, main, headed=bool(blocks)) if others else full
        if len(people) < 2:
            continue
        for columns in others:
            _detached(grid, rows, block, columns, people, _fields(block, main), found)
            _spelt_out(grid, people, columns, found)
        for columns in (main[-2:], main[:2]) if len(main) > 4 else ():
            _attached(grid, block, columns, people, found)
        _above_or_below(without(grid, found), rows, block, people, found)
    return found


def _over_pages(grid: Grid, blocks: Sequence[Block], found: Beside) -> None:
    """Set aside what an empty column parts from every table of a sheet: beside short pages a legend may be longer than
    its page, with a header or a lone person beside each part."""
    if len(blocks) < 2:
        return
    headers = [row for block in blocks for row in range(max(block.top, 0), block.bottom + 1)]
    rows = range(max(blocks[0].top, 0), len(grid.texts))
    body = [row for row in rows if row not in headers]
    people = _people(grid, body, range(grid.width), headed=True)
    if len(people) < 2:
        return
    first = blocks[0]
    main, others = _segments(grid, first, [*people, *headers])
    for columns in others:
        before = len(found.cells)
        _detached(grid, rows, first, columns, people, _fields(first, main), found)
        if len(found.cells) > before:
            found.take(headers, columns, {})


def without(grid: Grid, beside: Beside) -> Grid:
    """The grid without the cells that were set aside; `Grid.aside` keeps their texts."""
    if not beside.cells:
        return grid
    texts, types = list(grid.texts), list(grid.types)
    aside: dict[int, dict[int, str]] = {}
    for row, columns in beside.cells.items():
        held = {c: texts[row][c] for c in columns if types[row][c] != "."}
        if held:
            aside[row] = held
            texts[row] = ["" if c in held else text for c, text in enumerate(texts[row])]
            types[row] = "".join("." if c in held else kind for c, kind in enumerate(types[row]))
    merged = [box for box in grid.merged if box[1] not in aside.get(box[0], ())]
    return replace(grid, texts=texts, types=types, merged=merged, aside=aside)


def _tables(grid: Grid, blocks: Sequence[Block]) -> Iterator[tuple[int, Block, int]]:
    """Each table with the rows that belong to it: from the end of the one before to the header of the next."""
    known = blocks or [Block(0, -1, [])]
    ends = [block.top for block in known[1:]] + [len(grid.texts)]
    for number, (block, end) in enumerate(zip(known, ends, strict=True)):
        yield (0 if number == 0 else block.top), block, end


def _people(grid: Grid, body: Sequence[int], columns: Sequence[int], *, headed: bool) -> list[int]:
    """Rows that are as full as a person's in these columns; without a header, only those that hold a long number."""
    filled = {row: grid.filled(row, range(columns[0], columns[-1] + 1)) for row in body}
    least = max(3, usual_fill(filled.values()) * 0.5)
    full = [row for row in body if filled[row] >= least and not _says_equal(grid, row)]
    if headed:
        return full
    return [row for row in full if any(len(t) >= 15 and sum(map(str.isdigit, t)) >= 15 for t in grid.texts[row])]


def _says_equal(grid: Grid, row: int) -> bool:
    """Whether a short row sets two things equal, as legends do over three cells."""
    return grid.filled(row) <= _SPARSE and any(text.strip() in ("=", ":") for text in grid.texts[row])


def _segments(grid: Grid, block: Block, people: Sequence[int]) -> tuple[list[int], list[list[int]]]:
    """The columns of the table, the part that names people or is fullest, and those that empty columns set apart."""
    headed = {cell.column for cell in block.cells}
    used = [c for c in range(grid.width) if c in headed or any(grid.types[row][c] != "." for row in people)]
    groups = _runs_of(used)
    if len(groups) == 1:
        return groups[0], []
    named = {column: len(_fields(block, [column]) & CORE) for column in headed}

    def weight(columns: list[int]) -> tuple[int, int]:
        blank = sum(grid.types[row].count(".", columns[0], columns[-1] + 1) for row in people)
        return sum(named.get(c, 0) for c in columns), len(columns) * len(people) - blank

    main = max(groups, key=weight)
    return main, [columns for columns in groups if columns is not main]


def _fields(block: Block, columns: Sequence[int]) -> set[str]:
    named = (header_fields(cell.texts)[0] for cell in block.cells if cell.column in columns)
    return {name for fields in named for name in fields or ()}


def _detached(
    grid: Grid, rows: range, block: Block, columns: list[int], people: Sequence[int], claimed: set[str], found: Beside
) -> None:  # fmt: skip
    """Set aside what an empty column parts from the table, unless it goes along with the people as a column does."""
    tables = side_tables(grid, rows, columns)
    pairs = {line.row for table in tables for line in table.pairs}
    taken = {line.row for table in tables for line in table.lines}
    beside = [row for row in people if any(grid.types[row][c] != "." for c in columns)]
    paired = [row for row in beside if row in taken]
    if not pairs or len(pairs) > _MOST_PAIRS or 2 * len(paired) < len(beside):
        return
    legends = _legends(tables, len(people))
    named = set().union(*(table.named for table in tables))
    along = len(paired) >= _WHOLE * len(people) and pairs == set(paired)
    clear = any(table.has_total or (table.is_clear() if legends else table.is_clear(_MOST_PAIRS)) for table in tables)
    if (along and not clear and not (named | legends.keys()) & claimed) or (named & CORE and not legends):
        return
    header = range(max(block.top, 0), block.bottom + 1)
    found.take(sorted({*taken, *header}), columns, legends)


def _spelt_out(grid: Grid, people: Sequence[int], columns: list[int], found: Beside) -> None:
    """Set aside cells apart from the table that each spell out a whole legend: `1 = Laki-laki, 2 = Perempuan`."""
    for row in people:
        for column in columns:
            if legends := legends_in_cells([grid.texts[row][column]]):
                found.take([row], [column], legends)


def _attached(grid: Grid, block: Block, columns: list[int], people: Sequence[int], found: Beside) -> None:
    """Set aside a legend without an empty column between: pairs beside the first people only, that a heading or
    their own words give away."""
    if _fields(block, columns) & CORE:
        return
    beside = [row for row in people if any(grid.types[row][c] != "." for c in columns)]
    if len(beside) < 2 or 2 * len(beside) > len(people):
        return
    tables = side_tables(grid, range(max(block.top, 0), people[-1] + 1), columns)
    if len(tables) != 1:
        return
    paired = [line.row for line in tables[0].pairs]
    if [row for row in paired if row in people] != beside or paired[0] > people[0]:
        return
    legends = _legends(tables, len(people))
    if legends or tables[0].under_code:
        found.take([line.row for line in tables[0].lines], columns, legends)


def _above_or_below(grid: Grid, rows: range, block: Block, people: Sequence[int], found: Beside) -> None:
    """Set aside legends and counts in rows of their own, each line one code or number and its meaning."""
    outside = [*range(rows.start, max(block.top, 0)), *range(people[-1] + 1, rows.stop)]
    for part in _runs_of([row for row in outside if grid.filled(row) <= _SPARSE]):
        everywhere = [c for c in range(grid.width) if any(grid.types[row][c] != "." for row in part)]
        apart = [_on_their_own(grid, part, columns, people, found) for columns in _runs_of(everywhere)]
        if not any(apart):
            _on_their_own(grid, part, everywhere, people, found)


def _on_their_own(
    grid: Grid, part: Sequence[int], columns: Sequence[int], people: Sequence[int], found: Beside
) -> bool:  # fmt: skip
    """Set aside the legends and counts that some rows hold in these columns; whether there are any. Totals stay."""
    before = len(found.cells)
    for table in side_tables(grid, part, columns):
        pairs = [line for line in table.pairs if not is_total(line)]
        meant = legend_of({str(number): line.label for number, line in enumerate(pairs)})
        if len(pairs) >= 2 and (meant or table.is_clear(_MOST_PAIRS)):
            field_meant = meant[0] if meant else ""
            taken = [line.row for line in table.lines if line in pairs or _heads_legend(line, field_meant)]
            found.take(taken, columns, table.legends(len(people)))
    return len(found.cells) > before


def _heads_legend(line: Line, field_meant: str) -> bool:
    return line.heading and any(
        field_meant in (fields_named(text) or ()) or _ABOVE_LEGEND.match(header_key(text)) for text in line.texts
    )


def _legends(tables: Sequence[SideTable], people: int) -> dict[str, Codes]:
    found: dict[str, Codes] = {}
    for table in tables:
        found = {**table.legends(people), **found}
    return found


def _runs_of(numbers: Sequence[int]) -> list[list[int]]:
    """Ascending numbers in groups without a gap."""
    groups: list[list[int]] = []
    for number in numbers:
        if groups and groups[-1][-1] == number - 1:
            groups[-1].append(number)
        else:
            groups.append([number])
    return groups
