"""Tick matrices: columns whose headers say a category, or an answer, of the rows that tick them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from assets.intake.sheets.evidence import CROSSES, RINGS, TICKS, Content, is_tick
from assets.intake.sheets.headers import SEX_LEAVES, HeaderCell, fields_named, header_fields, header_key, names_category
from assets.intake.sheets.legends import Codes
from assets.intake.sheets.membership import asks_membership
from validation.categories import counts_or_dates, is_category
from validation.vocabulary import disability_alone, disability_of

if TYPE_CHECKING:  # which imports this one
    from assets.intake.sheets.mapping import Column

_ANSWER_LEAVES = {"YA": "ya", "Y": "ya", "TIDAK": "tidak", "TDK": "tidak", "T": "tidak"}
_NOT_NEGLECTED = re.compile(r"(?:TIDAK|TDK|NON|BUKAN)TE(?:R)?LANTAR")
NO_TICKS = "kepala kolom menyebut jenis PMKS, tetapi isinya bukan tanda"
UNKNOWN_MARKS = "kolom tanda dengan judul yang bukan jenis PMKS yang dikenal"


def is_marked(content: Content) -> bool:
    """Whether at least half of the filled cells of a column are ticks, or say that there is none."""
    return content.ticks + content.unticked >= 0.5 * content.filled


def holds_categories(content: Content | None) -> bool:
    """Whether most of what a column states are names of categories."""
    return bool(content and content.stated and content.share(content.categories) >= 0.5)


def read_answer(column: Column, cell: HeaderCell) -> bool:
    """Take a ticked column `YA` or `TIDAK` below a question for its answer; whether the header is of that kind.

    A question is whether one is neglected, PMKS, or of a category; `Tidak Terlantar` is both question and answer.
    """
    leaf = header_key(cell.leaf)
    if _NOT_NEGLECTED.fullmatch(leaf):
        column.fields, column.by, column.answer = ("terlantar",), "alias", "tidak"
        return True
    answer = _ANSWER_LEAVES.get(leaf) if len(cell.texts) > 1 else None
    if answer and fields_named(cell.texts[-2]) == ("terlantar",):
        column.fields, column.by, column.answer = ("terlantar",), "alias", answer
    elif answer and asks_membership(cell.texts[-2]):
        column.fields, column.by, column.answer = ("status_layak",), "alias", answer
    elif answer and names_category(cell.texts[-2]):
        column.category, column.is_ignored = (cell.texts[-2], False) if answer == "ya" else (None, True)
    else:
        return False
    return True


def coded_matrix(columns: list[Column], cells: Mapping[int, HeaderCell], legend: Codes) -> None:
    """Numbers under one header for the category make a tick matrix too, and so do codes that a legend explains, below
    that header or where they alone head ticks."""
    coded = []
    for column in columns:
        taken = column.by == "sidecar" or column.sex or column.answer or column.fields not in ((), ("kategori",))
        texts = cells[column.index].texts if column.index in cells and not taken else ()
        code = texts[-1].strip().upper() if texts else ""
        meaning = legend.get(code) or legend.get(code.lstrip("0"))
        marked = not column.content or is_marked(column.content)
        alone = len(texts) == 1 and bool(column.content and column.content.ticks)
        below = len(texts) > 1 and header_fields(texts[:-1])[0] == ("kategori",)
        if marked and ((below and code.isdigit() and len(code) <= 2) or (meaning and (below or alone))):
            coded.append((column, meaning or code))
    if len(coded) > 1:
        for column, category in coded:
            column.category = category


def take_unknown_marks(columns: Sequence[Column], cells: Mapping[int, HeaderCell]) -> None:
    """A ticked column that nobody knows, below the header for the category that a tick matrix shares, is one of it:
    what is ticked there is a category that is not known, and not nothing."""
    tops = [cells[c.index].texts[0] for c in columns if c.category and len(cells[c.index].texts) > 1]
    for column in columns:
        texts = cells[column.index].texts if column.index in cells else ()
        shared = len(texts) > 1 and tops.count(texts[0]) > 1 and header_fields(texts[:1])[0] == ("kategori",)
        if not shared or fields_named(texts[-1]) or column.by == "sidecar" or column.category:
            continue
        free = (not column.fields and not column.is_ignored) or column.fields == ("kategori",)
        if free and column.content and column.content.ticks and is_marked(column.content):
            column.fields, column.category = (), texts[-1]


def settle_matrix(columns: list[Column]) -> None:
    """Category names over columns make a tick matrix where the cells are ticks, or the sex of who is ticked; elsewhere
    they are unknown columns.

    `PMKS 1`, `PMKS 2` over names of categories count what a person has, and are columns of categories.
    """
    for column in columns:
        content = column.content
        if not column.category:
            continue
        if counts_or_dates(column.category) and holds_categories(content):
            column.fields, column.by, column.category = ("kategori",), "content", None
            column.evidence = "kolom jenis PMKS, satu dari beberapa"
            continue
        if content and not is_marked(content) and content.sexes < content.stated:
            column.evidence = NO_TICKS
            column.category = None
            continue
        known = is_category(column.category) or column.category.isdigit()
        column.fields, column.by = ("kategori",), "alias"
        column.evidence = "kolom tanda jenis PMKS" if known else UNKNOWN_MARKS


def read_sex(column: Column, cell: HeaderCell) -> bool:
    """Take a column `L` or `P` below a header for the sex, or for ages by sex; whether one of them names any field."""
    leaf = header_key(cell.leaf)
    parent = fields_named(cell.texts[-2]) if len(cell.texts) > 1 and leaf in SEX_LEAVES else None
    if parent and parent[0] in ("jenis_kelamin", "umur"):
        _take_sex(column, leaf, parent)
    return bool(parent)


def _take_sex(column: Column, leaf: str, fields: tuple[str, ...]) -> None:
    column.fields, column.by, column.sex = fields, "alias", SEX_LEAVES[leaf]
    column.evidence = f"kolom {SEX_LEAVES[leaf]} dari pasangan L dan P"


def take_sexes(columns: Sequence[Column], cells: Mapping[int, HeaderCell]) -> None:
    """Two columns `L` and `P` side by side, below no header that says of what, are ticked for the sex of a row where
    mostly one of them is, or hold its age; numbers of people, or the length and width of a house, stand in both."""
    name = next((column for column in columns if column.fields == ("nama",) and column.index in cells), None)
    above = [(), cells[name.index].texts[:-1]] if name else [()]
    headed = [column for column in columns if column.index in cells]
    for pair in pairwise(headed):
        leaves = [header_key(cells[column.index].leaf) for column in pair]
        free = all(not column.fields and column.by != "sidecar" and not column.is_ticked for column in pair)
        bare = all(cells[column.index].texts[:-1] in above for column in pair)
        if not free or not bare or {SEX_LEAVES.get(leaf) for leaf in leaves} != {"L", "P"}:
            continue
        ages = not any("umur" in column.fields for column in columns) and _one_is_an_age(pair)
        if ages or _one_is_ticked(pair, leaves):
            for column, leaf in zip(pair, leaves, strict=True):
                _take_sex(column, leaf, ("umur",) if ages else ("jenis_kelamin",))


_MOSTLY = 2 / 3
"""Subtotals stand in both columns of a pair, and are few."""
_FEWEST_AGES, _MOST_OF_A_FAMILY, _OLDEST = 3, 12, 115
"""Numbers of a family's people are seldom more, ages mostly are."""


def _one_is_an_age(pair: tuple[Column, Column]) -> bool:
    """Whether each row that fills either column of a pair fills one, but for totals, with a number that is mostly an
    age and no number of people."""
    filled = [row for row in _rows_of(pair) if any(map(str.strip, row))]
    single = ["".join(row).strip() for row in filled if not all(map(str.strip, row))]
    ages = [int(text) for text in single if text.isdecimal() and int(text) <= _OLDEST]
    grown = sum(age > _MOST_OF_A_FAMILY for age in ages)
    return len(ages) >= max(_FEWEST_AGES, _MOSTLY * len(filled)) and grown >= _MOSTLY * len(ages)


def _rows_of(pair: tuple[Column, Column]) -> list[tuple[str, ...]]:
    """The cells of both columns, row by row."""
    rows = max((len(column.content.texts) for column in pair if column.content), default=0)
    held = [column.content.texts if column.content else [""] * rows for column in pair]
    return list(zip(*held, strict=True))


def _one_is_ticked(pair: tuple[Column, Column], leaves: Sequence[str]) -> bool:
    """Whether in most rows that fill either column of a pair one is ticked, or says again what its header says."""
    filled = [row for row in _rows_of(pair) if any(map(is_tick, row))]
    single = [[(leaf, text) for leaf, text in zip(leaves, row, strict=True) if is_tick(text)] for row in filled]
    ticked = sum(len(row) == 1 and _says_sex(*row[0]) for row in single)
    return bool(filled) and ticked >= _MOSTLY * len(filled)


def _says_sex(leaf: str, text: str) -> bool:
    return text.strip().lower() in TICKS or SEX_LEAVES.get(header_key(text)) == SEX_LEAVES[leaf]


def take_disabilities(columns: Sequence[Column], cells: Mapping[int, HeaderCell]) -> None:
    """Let ticks below kinds of disability side by side say them of their rows, though no header stands over them."""
    headed = [column for column in columns if column.index in cells]
    for alike, group in groupby(headed, key=lambda column: _may_tick_disability(column, cells[column.index])):
        run = list(group)
        if alike and kinds_of_disability([cells[column.index].leaf for column in run]):
            for column in run:
                column.fields, column.by, column.disability = ("jenis_disabilitas",), "alias", cells[column.index].leaf
                column.category, column.evidence = None, "kolom tanda jenis disabilitas"


_FEWEST_KINDS = 3


def kinds_of_disability(headers: Sequence[str]) -> int:
    """How many headers are kinds of disability; none where these are few, or may be kinds of violence (`FISIK`)."""
    kinds = sum(disability_of(text) is not None for text in headers)
    return kinds if kinds >= _FEWEST_KINDS and any(map(disability_alone, headers)) else 0


def _may_tick_disability(column: Column, cell: HeaderCell) -> bool:
    free = not column.fields and column.by != "sidecar" and not column.sex and not column.answer
    marked = column.content is None or is_marked(column.content)
    return free and marked and len(cell.texts) == 1 and disability_of(cell.leaf) is not None


def settle_marks(columns: Sequence[Column]) -> None:
    """Let crosses deny where the ticked columns of one kind are all filled, each cell with a cross or another tick.

    Beside rings alone both deny where rings are not the rarer of the two: people have few of many categories, so that
    nobody knows what they mean.
    """
    for kind in ("category", "disability", "sex", "answer"):
        marked = [column for column in columns if getattr(column, kind)]
        cells = Counter(text.strip().lower() for column in marked if column.content for text in column.content.texts)
        crosses, rings = (sum(cells[mark] for mark in marks) for marks in (CROSSES, RINGS))
        if not all(column.content for column in marked) or not cells.keys() <= TICKS | RINGS or not crosses:
            continue
        others = cells.total() - crosses - rings
        if others or rings:
            for column in marked:
                column.denying = CROSSES if others or rings < crosses else CROSSES | RINGS
