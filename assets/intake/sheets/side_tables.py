"""Small tables that pair words with codes or numbers: how they look, and the legend that they spell out, if any.

`KODE | JENIS KELAMIN` over `1 | Laki-laki`, `Istri | 2`, `1 = Fakir Miskin`, `L | Laki-laki`; and counts, which look
the same (`Laki-laki | 12`) and explain nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assets.intake.sheets.grid import Grid
from assets.intake.sheets.headers import fields_named, header_key
from assets.intake.sheets.legends import Codes, legend_named, pairs_in

_NUMBER = re.compile(r"^[\[(]?\d{1,6}(?:[.,]\d{1,3})?[\])]?\s*[.=:)%-]?$")
_CODE = re.compile(r"^[\[(]?(\d{1,2}|[A-Za-z]{1,3})[\])]?\s*[.=:)-]?$")
_LETTERS = re.compile(r"^[A-Za-z]{1,3}$")
_SEPARATOR = re.compile(r"^[=:\-–.]{1,2}$")
_COUNTS = re.compile(r"JUMLAH|JML|TOTAL|BANYAK|ORANG|JIWA|PERSEN")
_TOTALS = re.compile(r"(?:SUB)?(?:JUMLAH|JML|TOTAL|BANYAK)")
_CODE_HEADING = re.compile(r"^(?:KODE|KD|CODE|NOKODE|NOMORKODE)")
_LONG_NUMBER = re.compile(r"\d{5}")
_LONGEST_LABEL = 120
_HEADINGS = 2
"""Rows of headings above the first pair."""
_FEWEST = 4
"""Codes in order from which known words beside them are a legend, whatever their heading."""


@dataclass(frozen=True, slots=True)
class Line:
    """The cells of one row in some columns: a pair of label and code, a heading, or neither."""

    row: int
    texts: tuple[str, ...]
    label: str = ""
    code: str = ""
    heading: bool = False
    label_first: bool = False


@dataclass(frozen=True, slots=True)
class SideTable:
    """Lines that follow each other, row by row: headings, then pairs."""

    lines: tuple[Line, ...]

    @property
    def pairs(self) -> list[Line]:
        return [line for line in self.lines if line.label]

    @property
    def headings(self) -> list[str]:
        return [text for line in self.lines if line.heading for text in line.texts]

    @property
    def named(self) -> set[str]:
        """The fields that the headings name."""
        return {name for text in self.headings for name in fields_named(text) or ()}

    @property
    def under_code(self) -> bool:
        """Whether a heading says that codes stand below."""
        return any(_CODE_HEADING.match(header_key(text)) for text in self.headings)

    @property
    def has_total(self) -> bool:
        return any(is_total(line) for line in self.pairs)

    def is_clear(self, few: int = _FEWEST) -> bool:
        """Whether this is a legend wherever it stands: codes in order, under `KODE` or no fewer than `few`."""
        codes = [int(match[1]) for line in self.pairs if (match := _CODE.match(line.code)) and match[1].isdigit()]
        in_order = len(codes) == len(self.pairs) and codes == list(range(codes[0], codes[0] + len(codes)))
        return in_order and codes[0] <= 1 and (self.under_code or len(codes) >= few)

    def legends(self, people: int) -> dict[str, Codes]:
        """The codes by field, by headings and words; nothing where the numbers count some of `people`."""
        found: dict[str, Codes] = {}
        if any(_COUNTS.search(header_key(text)) for text in self.headings) or self.has_total:
            return found
        unsure = self.pairs[0].label_first and not self.is_clear()
        for codes in _runs(self.pairs):
            legend = legend_named(self.named, codes)
            if legend and not (unsure and _may_be_counts(codes, people)):
                found.setdefault(*legend)
        return found


def side_tables(grid: Grid, rows: Sequence[int], columns: Sequence[int]) -> list[SideTable]:
    """The side tables that stand in these columns, each of two different labels or more."""
    runs: list[list[Line]] = [[]]
    for row in rows:
        line = _line(grid, row, columns)
        if line and (line.label or line.heading):
            if line.heading and runs[-1] and runs[-1][-1].label:
                runs.append([])
            runs[-1].append(line)
        elif runs[-1]:
            runs.append([])
    found = []
    for run in runs:
        pairs = [at for at, line in enumerate(run) if line.label]
        labels = [run[at].label.lower() for at in pairs]
        if len(labels) >= 2 and len(set(labels)) == len(labels):
            found.append(SideTable(tuple(run[max(0, pairs[0] - _HEADINGS) : pairs[-1] + 1])))
    return found


def is_total(line: Line) -> bool:
    """Whether a pair is the sum of those above it."""
    return bool(_TOTALS.match(header_key(line.label)))


def _line(grid: Grid, row: int, columns: Sequence[int]) -> Line | None:
    """What the cells of a row say in these columns; None where they are blank."""
    texts = tuple(text for c in columns if (text := grid.texts[row][c].strip()) and not _SEPARATOR.match(text))
    if not texts:
        return None
    if any(len(text) > _LONGEST_LABEL or _LONG_NUMBER.search(text) for text in texts):
        return Line(row, texts)
    if len(texts) == 1:
        pairs = pairs_in(texts[0])
        code, label = next(iter(pairs.items())) if len(pairs) == 1 and texts[0][0] in "([0123456789" else ("", "")
        return Line(row, texts, label, code, heading=not pairs and not _NUMBER.match(texts[0]))
    numbers = [text for text in texts if _NUMBER.match(text)]
    words = [text for text in texts if text not in numbers]
    if numbers and words:
        code = numbers[0] if len(numbers) == 1 else ""
        return Line(row, texts, max(words, key=len), code, label_first=texts[0] in words)
    short = [text for text in words if _LETTERS.match(text)]
    if len(short) == 1 and len(words) == 2 and not _heads(short[0]):
        return Line(row, texts, next(t for t in words if t not in short), short[0], label_first=texts[1] in short)
    return Line(row, texts, heading=not numbers)


def _heads(text: str) -> bool:
    key = header_key(text)
    return bool(fields_named(text) or _CODE_HEADING.match(key) or _COUNTS.search(key))


def _may_be_counts(codes: Codes, people: int) -> bool:
    """Whether numbers beside words add up to the people of the list, or do not run on from 0 or 1 as codes do."""
    numbers = sorted(int(code) for code in codes if code.isdigit())
    return bool(numbers) and (
        sum(numbers) == people or numbers[0] > 1 or numbers[-1] - numbers[0] >= len(numbers)
    )  # fmt: skip


def _runs(lines: Sequence[Line]) -> Iterator[Codes]:
    """Pairs as codes, cut where a code comes again, the kind of code changes, or a row is left out."""
    run: Codes = {}
    for before, line in pairwise([None, *lines]):
        match = _CODE.match(line.code) if line else None
        code = match[1] if match else ""
        cut = before and line and line.row != before.row + 1
        other_kind = bool(run) and code.isdigit() != next(iter(run)).isdigit()
        if run and (not code or cut or other_kind or code in run):
            yield run
            run = {}
        if code and line:
            run[code] = line.label
    if run:
        yield run
