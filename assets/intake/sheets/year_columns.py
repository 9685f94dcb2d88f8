"""Columns whose headers name a year: `STATUS 2024`, `JENIS PMKS 2023 | JENIS PMKS 2024`.

Danger: such a header is not known, so that who died is referred; or the older of two years wins, as the fuller column.
Remedy: the year is no part of what a header says, and of columns whose headers differ by the year only the newest holds
the field; the others are not used, and that is said. Two columns of names are two lists, and none of them is left.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from assets.intake.sheets.headers import HeaderCell, header_fields, header_key

if TYPE_CHECKING:  # which imports this one
    from assets.intake.sheets.mapping import Column

YEAR = r"20[0-4]\d"
"""A year of lists."""
_YEAR = re.compile(
    rf"\(?\s*(?:\b(?:PER|PADA)\s+)?(?:\b(?:TAHUN|THN|TH)\b\.?\s*)?(?<![\d/.-])({YEAR})(?![\d/.-])\s*\)?",
    re.IGNORECASE,
)
_OF_ONE = frozenset({"nama", "nik", "no_kk"})


def without_year(cell: HeaderCell) -> HeaderCell:
    """The header without the year behind its words.

    >>> without_year(HeaderCell(3, ("Status (Tahun 2024)",))).texts, without_year(HeaderCell(3, ("Tahun 2024",))).texts
    (('Status',), ('Tahun 2024',))
    """
    bare = _YEAR.sub(" ", cell.leaf).strip(" .,-/")
    if bare == cell.leaf or len(header_key(bare)) < len("KET"):
        return cell
    found = replace(cell, texts=(*cell.texts[:-1], bare))
    return cell if _OF_ONE & {*(header_fields(found.texts)[0] or ())} else found


def leave_older_years(columns: Sequence[Column]) -> None:
    """Leave each field, and each ticked category, to the newest of the columns headed alike but for the year."""
    groups: dict[tuple[str, tuple[str, ...]], list[tuple[str, Column]]] = {}
    for column in columns:
        years = set(_YEAR.findall(column.header))
        used = column.fields or column.category
        if len(years) == 1 and used and column.by != "sidecar" and not _OF_ONE & set(column.fields):
            key = header_key(_YEAR.sub(" ", column.header)), column.fields
            groups.setdefault(key, []).append((years.pop(), column))
    for group in groups.values():
        newest, latest = max(group, key=lambda each: each[0])
        for year, column in group:
            if year < newest:
                column.fields, column.by, column.category = (), None, None
                column.evidence = f"kolom {latest.letter} dari tahun yang lebih baru ({newest})"
