"""Columns that give ages in months: `UMUR (BULAN)` in lists of children under five.

Danger: 30 months are read as 30 years, or the column is passed over and no age is known. Remedy: where no column gives
years, the numbers below such a header are written out as months (`30 bulan`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assets.intake.sheets.headers import header_key

if TYPE_CHECKING:  # which imports this one
    from assets.intake.sheets.mapping import Column

_IN_MONTHS = re.compile(r"(?:UMUR|USIA)(?:ANAK|BALITA|BAYI|DALAM|SAATINI)*(?:BULAN|BLN|BL)")
_MONTHS = {str(months): f"{months} bulan" for months in range(12 * 18)}


def take_months(columns: Sequence[Column]) -> None:
    """Take a column of ages in months for ages, where there is no other."""
    if any("umur" in column.fields for column in columns):
        return
    for column in columns:
        content, free = column.content, not (column.fields or column.by or column.is_ticked)
        if free and content and content.ages == content.stated and _IN_MONTHS.fullmatch(header_key(column.header)):
            column.fields, column.by, column.code_map, column.evidence = ("umur",), "alias", _MONTHS, "umur dalam bulan"
            return
