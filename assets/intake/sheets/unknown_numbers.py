"""Columns of numbers that nobody knows although the list lacks them: NIK, and numbers of family cards.

Danger: a header that is in no table (`KODE WARGA`) feeds nothing, and everybody below it counts as without a NIK.
Taking the column for what it looks like would be a guess: mothers and spouses have a NIK too. So it is said, and the
village renames the header or declares it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from assets.intake.sheets.births import Birth, birth, of_cards, of_persons, sixteen
from assets.intake.sheets.grid import Grid
from assets.intake.sheets.headers import is_known
from assets.intake.sheets.layout import Problem, SheetRead
from assets.intake.sheets.mapping import Column

_IN_MOST = 0.5
"""A column is one of such numbers where more than this share of its people has one."""
_SAMPLE = 3_000
"""Rows that are looked at."""
_FINDINGS = {"nik": "nik_column_unknown", "no_kk": "kk_column_unknown"}


def unknown_numbers(read: SheetRead, grid: Grid) -> Iterator[Problem]:
    """One finding for each column under an unknown header (or none) that holds numbers of the form of a NIK in most
    rows, where no column of its list feeds the field. A column that a sidecar sets aside is not unknown.

    Numbers of cards are told from those of people by their dates (`births.of_cards`); what may be either is named as
    what the list lacks, NIK first.
    """
    for header_row, listed in groupby(read.columns, key=itemgetter(0)):
        columns = [column for _, column in listed]
        lacking = set(_FINDINGS) - {name for column in columns for name in column.fields}
        rows = [row.row - grid.first_row for row in read.rows if row.header_row == header_row][:_SAMPLE]
        for column in columns if lacking and rows else ():
            if field := _field([grid.texts[row][column.index].strip() for row in rows], column, lacking):
                facts = {"lembar": read.name, "kolom": column.letter, "judul": " ".join(column.header.split()) or "-"}
                yield Problem(_FINDINGS[field], header_row or None, column.letter, field, facts)


def _field(texts: Sequence[str], column: Column, lacking: set[str]) -> str | None:
    """The field among those that are lacking which the numbers of an unknown column may be."""
    known = column.fields or column.by or column.is_number or column.category or is_known(column.header)
    if known or sum(map(sixteen, texts)) <= _IN_MOST * len(texts):
        return None
    said: list[Birth | None] = [birth(text) if sixteen(text) else None for text in texts]
    if sum(one is not None for one in said) <= _IN_MOST * len(texts):
        return None
    if of_cards(said, [text for text in texts if text]):
        return "no_kk" if "no_kk" in lacking else None
    if "nik" in lacking:
        return "nik"
    return "no_kk" if not of_persons(said) else None
