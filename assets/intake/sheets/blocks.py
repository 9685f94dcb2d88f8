"""Where the headers of a sheet stand: rows whose cells name known fields, with the rows above and below that belong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from assets.intake.sheets.captions import caption_above, caption_values
from assets.intake.sheets.grid import Grid
from assets.intake.sheets.headers import (
    PSEUDO,
    SEX_LEAVES,
    HeaderCell,
    calls_the_listed,
    fields_asked,
    fields_like,
    fields_named,
    header_key,
    names_category,
)
from assets.intake.sheets.tick_matrix import kinds_of_disability
from assets.intake.sheets.year_columns import YEAR

CORE = frozenset({"nama", "nik", "no_kk", "kepala_keluarga"})
REGION = frozenset({"desa", "kecamatan", "kabupaten", "provinsi", "periode_baris"})
_LONG_DIGITS = re.compile(r"\d{7}|\d{4}[-/.]\d{1,2}[-/.]\d|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")
_YEAR = re.compile(YEAR)
MAX_DEPTH = 4
_SURE = 3
"""So many fields of a person, in one row, are a header, whatever else stands in it."""
_WIDE = 12
"""From so many texts on a row may be the header of a wide form."""
_LONGEST_HEADER, _LONGEST_QUESTION = 120, 400
"""Letters of a column's header, and of the question that heads some columns of wide forms."""
_FEWEST_NUMBERS = 3
"""So many categories of a tick matrix may be numbered."""
_NARROW_PARENTS = 1 / 3
"""Share of the parents of a header row that may neither span columns nor be known."""


@dataclass(slots=True)
class Block:
    """A header: grid rows `top` to `bottom`, and one cell for each column that has a text."""

    top: int
    bottom: int
    cells: list[HeaderCell]
    signature: tuple[tuple[int, str], ...] = field(init=False)
    """What makes two headers of a sheet the same one, repeated."""

    def __post_init__(self) -> None:
        self.signature = tuple((cell.column, header_key(cell.text)) for cell in self.cells)


def find_blocks(grid: Grid) -> list[Block]:
    """All header blocks of a sheet, from top to bottom."""
    blocks: list[Block] = []
    rows = len(grid.texts)
    row = 0
    anchors = [i for i in range(rows) if _is_anchor(grid, i, fuzzy=False) and not caption_values(grid.texts[i])]
    if not anchors:
        anchors = [i for i in range(min(rows, 60)) if _is_anchor(grid, i, fuzzy=True)]
    for anchor, following in zip(anchors, [*anchors[1:], rows], strict=False):
        if anchor < row or (blocks and _is_caption(grid, anchor, following)):
            continue
        top = anchor
        floor = blocks[-1].bottom + 1 if blocks else 0
        while top > floor and anchor - top < MAX_DEPTH - 1 and _is_upper_part(grid, top - 1, top):
            top -= 1
        bottom = anchor
        while bottom + 1 < rows and bottom + 1 - top < MAX_DEPTH and _is_lower_part(grid, bottom + 1, top, bottom):
            bottom += 1
        blocks.append(Block(top, bottom, header_cells(grid, top, bottom)))
        row = bottom + 1
    return blocks


def _is_caption(grid: Grid, row: int, following: int) -> bool:
    """Whether a row of labels below a header is the caption of a family, with its values in the row below.

    Where the header `following` comes next, the labels and the line below them are a form of their own.
    """
    before_people = any(grid.types[i].strip(".") for i in range(row + 2, following))
    return before_people and caption_above(grid, row) is not None


def _may_be_header(grid: Grid, row: int) -> bool:
    """Texts only, or nearly; none of them a long number, a date or a `label : value`, and few of them a paragraph.

    Wide forms head some columns with a whole question, and the months of a subsidy with dates; years are numbers.
    """
    kinds = grid.types[row]
    words = kinds.count("t")
    years = sum(kind == "n" and bool(_YEAR.fullmatch(text)) for text, kind in zip(grid.texts[row], kinds, strict=True))
    if words < 2 or "e" in kinds or "b" in kinds or (kinds.count("n") - years + kinds.count("d")) * 3 > words:
        return False
    if "d" in kinds and words < _WIDE:
        return False
    paragraphs = 0
    for text, kind in zip(grid.texts[row], kinds, strict=True):
        if kind == "t" and (text[0] == ":" or len(text) > _LONGEST_QUESTION or _LONG_DIGITS.search(text)):
            return False
        paragraphs += len(text) > _LONGEST_HEADER
    return paragraphs * 10 <= (words if words >= _WIDE else 0)


def _is_anchor(grid: Grid, row: int, *, fuzzy: bool) -> bool:
    """Whether a row, with the leaves below it, names the columns of people: three fields of a person, one a name or a
    number, or most of fewer.

    How many of its columns are known says nothing: an official form asks a hundred things of a household.
    """
    if not _may_be_header(grid, row):
        return False
    texts = [text for text in grid.texts[row] if text]
    if _names_people(texts, fuzzy=fuzzy):
        return True
    parents = "." in grid.types[row] and row + 1 < len(grid.texts) and any(map(fields_named, texts))
    if not parents or not _is_lower_part(grid, row + 1, row, row):
        return False
    leaves = [text for text in grid.texts[row + 1] if text]
    if _names_people(leaves, fuzzy=fuzzy):  # a header of its own: what stands above it is a sum, or a title
        return False
    return _names_people([*texts, *leaves], fuzzy=fuzzy, few=False)


def _names_people(texts: Sequence[str], *, fuzzy: bool, few: bool = True) -> bool:
    """Whether the texts of a header name enough fields of a person. `few`: two may be enough, if they are most of it;
    not so for two rows, which may be the heading of a legend and its first line."""
    named: set[str] = set()
    matched = filled = 0
    for text in texts:
        if text:
            filled += 1
            fields = fields_named(text) or fields_asked(text) or (fields_like(text) if fuzzy else None)
            if not fields and header_key(text).startswith("NAMA") and calls_the_listed(text):
                fields = ("nama",)  # NAMA ODGJ: whether names stand below it is looked at later
            if fields:
                matched += 1
                named.update(fields)
            elif names_category(text):
                matched += 1
    person = named - PSEUDO
    if not person & CORE:
        return False
    if few:
        matched += kinds_of_disability(texts)
    if not person - CORE - REGION and "nomor" not in named and len(person & CORE) < 2:
        return False
    if len(person - REGION) >= _SURE or (len(person) >= _SURE and matched * 3 >= filled):
        return True
    if not few:
        return False
    return (len(person) >= 2 and matched * 2 >= filled) or (
        bool({"nama", "kepala_keluarga"} & person) and "nomor" in named and matched == filled
    )


def marks_total(text: str) -> bool:
    """Whether a cell begins a row of totals, though `JUMLAH` also heads columns."""
    return header_key(text) in ("JUMLAH", "JML", "TOTAL", "SUBTOTAL", "GRANDTOTAL")


def _known(text: str) -> bool:
    return fields_named(text) is not None or header_key(text) in SEX_LEAVES or names_category(text)


def _is_upper_part(grid: Grid, row: int, below: int) -> bool:
    """Parents stand over columns of the header below, are more than a title, and name something or span columns."""
    if not _may_be_header(grid, row) and grid.types[row].count("t") != 1:
        return False
    texts, under = grid.texts[row], grid.texts[below]
    columns = [c for c, text in enumerate(texts) if text]
    if any(":" in texts[c] or texts[c].strip().isdigit() or marks_total(texts[c]) for c in columns):
        return False
    spans = {left: right for top, left, bottom, right in grid.merged if top == row and right > left}
    if len(columns) == 1:
        column = columns[0]
        right = spans.get(column, column)
        labelled = _known(texts[column]) or column in spans
        return column > 0 and right - column + 1 < 0.8 * grid.width and labelled and any(under[column : right + 1])
    named = strange = 0
    for column in columns:
        known = fields_named(texts[column]) is not None and not (under[column] and _known(under[column]))
        wide = column in spans or (column + 1 < len(texts) and not texts[column + 1] and bool(under[column + 1]))
        strange += bool(under[column]) and not (wide or known)
        named += known or column in spans
    return named > 0 and strange <= _NARROW_PARENTS * len(columns)


def _is_lower_part(grid: Grid, row: int, top: int, bottom: int) -> bool:
    """Children stand under parents that span columns, or name fields themselves; a person's row does neither."""
    kinds = grid.types[row]
    if _numbers_categories(grid, row, top, bottom):
        return True
    if kinds.strip(".t") or "t" not in kinds or caption_values(grid.texts[row]) or caption_above(grid, row):
        return False
    texts, above = grid.texts[row], grid.texts[bottom]
    columns = [c for c, text in enumerate(texts) if text]
    if any(len(texts[c]) > 120 or texts[c][0] == ":" or _LONG_DIGITS.search(texts[c]) for c in columns):
        return False
    known = sum(_known(texts[c]) for c in columns)
    leaves = [c for c in columns if (over := _over(grid, top, bottom, c)) >= 0 and not _spans(grid, over, c)]
    if [header_key(texts[c]) for c in columns] == [header_key(t) for t in above if t]:
        return False
    if any(not _known(texts[c]) for c in leaves):
        return _names_leaves(grid, bottom, columns, texts)
    if known * 2 >= len(columns) and known >= 1:
        first = next(c for c in range(grid.width) if _over(grid, top, bottom, c) >= 0)
        return not (len(columns) == 1 and (columns[0] <= first or _is_of_people(grid, top, bottom, columns[0], texts)))
    return len(columns) >= 2 and not leaves and (not texts[0] or bool(above[0]))


def _is_of_people(grid: Grid, top: int, bottom: int, column: int, texts: list[str]) -> bool:
    """Whether a category alone in its row stands below names or numbers of people: it is that of those who follow."""
    over = _over(grid, top, bottom, column)
    field = fields_named(grid.texts[over][column]) if over >= 0 else None
    return names_category(texts[column]) and bool(CORE & set(field or ()))


def _numbers_categories(grid: Grid, row: int, top: int, bottom: int) -> bool:
    """Whether a row numbers the categories of a tick matrix from 1 on, below the header for them and nowhere else."""
    columns = [c for c, text in enumerate(grid.texts[row]) if text]
    numbers = [grid.texts[row][c].strip() for c in columns]
    if len(columns) < _FEWEST_NUMBERS or numbers != [str(number) for number in range(1, len(columns) + 1)]:
        return False
    over, first = _over(grid, top, bottom, columns[0]), columns[0]
    beside = any(_over(grid, top, bottom, c) >= 0 for c in columns[1:])
    return over >= 0 and not beside and fields_named(grid.texts[over][first]) == ("kategori",)


def _over(grid: Grid, top: int, bottom: int, column: int) -> int:
    """The row of the nearest text above in a column of a header; -1 where there is none."""
    return next((row for row in range(bottom, max(top, 0) - 1, -1) if grid.texts[row][column]), -1)


def _names_leaves(grid: Grid, bottom: int, columns: list[int], texts: list[str]) -> bool:
    """Whether a row with an unknown text under a parent of one column is a header still (`Pendidikan / Terakhir`).

    A third of its texts are known, sexes and categories aside, which people's rows hold too; and no text stands below a
    person's name or number, or at the head of the row.
    """
    known = sum(fields_named(texts[c]) is not None for c in columns)
    of_person = any(CORE & set(fields_named(grid.texts[bottom][c]) or ()) for c in columns)
    return known >= 2 and known * 3 >= len(columns) and not texts[0] and not of_person


def _spans(grid: Grid, row: int, column: int) -> bool:
    """Whether a header cell stands over more than its own column: merged, or with blank cells to its right."""
    for top, left, bottom, right in grid.merged:
        if top <= row <= bottom and left <= column <= right:
            return right > left
    return column + 1 < grid.width and not grid.texts[row][column + 1]


def header_cells(grid: Grid, top: int, bottom: int) -> list[HeaderCell]:
    """The header of each column, with the texts of its parents; merges decide what a parent spans, else blanks do."""
    covered: dict[tuple[int, int], str] = {}
    merged_at: set[tuple[int, int]] = set()
    for first, left, last, right in grid.merged:
        if first > bottom or last < top or first < top:
            continue
        text = grid.texts[first][left] if left >= 0 else ""
        for c in range(max(left, 0), min(right, grid.width - 1) + 1):
            covered[first, c] = text
        merged_at.add((first, left))
    cells = []
    for column in range(grid.width):
        texts: list[str] = []
        for row in range(top, bottom + 1):
            text = grid.texts[row][column] or covered.get((row, column), "")
            if not text and row < bottom:
                text = _parent(grid, row, column, bottom, merged_at)
            if text and (not texts or header_key(texts[-1]) != header_key(text)):
                texts.append(text)
        if texts:
            cells.append(HeaderCell(column, tuple(texts)))
    return cells


def _parent(grid: Grid, row: int, column: int, bottom: int, merged_at: set[tuple[int, int]]) -> str:
    """The unmerged parent to the left, if both it and this column have children below."""
    if not any(grid.texts[r][column] for r in range(row + 1, bottom + 1)):
        return ""
    left = column - 1
    while left >= 0 and not grid.texts[row][left]:
        left -= 1
    if left < 0 or (row, left) in merged_at:
        return ""
    has_child = any(grid.texts[r][left] for r in range(row + 1, bottom + 1))
    return grid.texts[row][left] if has_child else ""
