"""Two lists of people beside one another, in the same rows: such a row holds two people, of whom one would be lost."""

from __future__ import annotations

from collections.abc import Sequence

from assets.intake.sheets.evidence import strength
from assets.intake.sheets.headers import header_key
from assets.intake.sheets.mapping import Column


def lists_side_by_side(columns: Sequence[Column]) -> bool:
    """Whether a second list of people stands right of the first, in the same rows: its header is the first's again.

    Such a row would hold two people, of whom one would be lost.
    """
    first = [c for c in columns if c.header and ("nama" in c.fields or "nik" in c.fields or c.is_number)]
    again = []
    for column in first:
        key = header_key(column.header)
        twins = [c for c in columns if c.index > column.index and header_key(c.header) == key and c.content]
        again += [(column, twin) for twin in twins if column.is_number or fits_as_list(column, twin)]
    people = [pair for pair in again if not pair[0].is_number]
    apart = max((left.index for left, _ in again), default=0) < min((right.index for _, right in again), default=0)
    return apart and len(again) >= 2 and any("nama" in left.fields for left, _ in people)


def fits_as_list(column: Column, twin: Column) -> bool:
    """Whether a column holds as many different people as its namesake."""
    ours, theirs = column.content, twin.content
    if not ours or not theirs or theirs.stated < 3:
        return False
    name = "nama" if "nama" in column.fields else "nik"
    return theirs.distinct > 0.6 * theirs.stated and strength(name, theirs) >= 0.6
