"""What the columns of a table hold, told from the first rows that are full enough to be people's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from assets.intake.sheets.blocks import Block
from assets.intake.sheets.evidence import Content, content_of
from assets.intake.sheets.grid import Grid
from assets.intake.sheets.headers import header_fields
from assets.intake.sheets.rows import is_numbering

_PROGRAMME = re.compile(r"BANSOS|BANTUAN|PROGRAM|SASARAN|KOMPONEN|STATUS|GOLONGAN$|KELOMPOK$", re.IGNORECASE)
_SAMPLE = 60
"""How many rows are looked at."""


def sample_contents(grid: Grid, rows: Sequence[int], other: frozenset[int] = frozenset()) -> dict[int, Content]:
    """The content of every column, over the first rows that are full enough to be people's.

    `other`: columns that need not be searched for categories.
    """
    width = Counter(len(grid.types[r]) - grid.types[r].count(".") for r in rows[:400])
    usual = max((n for n in width if n), key=lambda n: width[n] * n, default=0)
    least = max(2, usual * 0.5)
    chosen = []
    for r in rows:
        kinds = grid.types[r]
        if len(kinds) - kinds.count(".") >= least and not is_numbering(grid.texts[r], kinds):
            chosen.append(r)
            if len(chosen) == _SAMPLE:
                break
    contents = {}
    by_column = (zip(*(cells[r] for r in chosen), strict=True) for cells in (grid.texts, grid.types))
    for column, (texts, marks) in enumerate(zip(*by_column, strict=True)):
        if marks.count(".") < len(marks):
            contents[column] = content_of(texts, marks, may_be_category=column not in other)
    return contents


def plainly_other(block: Block) -> frozenset[int]:
    """Columns whose header names something that is no category."""
    named = ((cell.column, header_fields(cell.texts)[0]) for cell in block.cells)
    return frozenset(column for column, fields in named if fields and "kategori" not in fields) - _programmes(block)


def _programmes(block: Block) -> set[int]:
    """Columns of a programme or a status, whose cells may be the names of categories (`Yatim`, `Lansia`)."""
    return {cell.column for cell in block.cells if _PROGRAMME.search(cell.leaf)}
