"""How reviewers read a place, a village and categories, and how the sheets that they fill are set up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pandas as pd

from assets.households.review.queue import texts
from validation.categories import pmks_types, restricted_categories
from validation.regions import village

A4 = 9
"""The paper, as workbooks number it."""


def plain(value: Any) -> str:
    """A value as text; dates day first, nothing where there is none."""
    if value is None or pd.isna(value):
        return ""
    return value.strftime("%d-%m-%Y") if isinstance(value, date) else str(value)


def place(record: Mapping[Any, Any] | pd.Series) -> str:
    """Address, hamlet, RT and RW of a record, as far as it says them."""
    parts = [plain(record.get("alamat")), plain(record.get("dusun"))]
    rt, rw = plain(record.get("rt")), plain(record.get("rw"))
    return ", ".join([p for p in parts if p] + ([f"RT {rt or '?'}/RW {rw or '?'}"] if rt or rw else []))


def village_name(code: str) -> str:
    """The name of a village with its kecamatan; its code where no such village is known."""
    known = village(code)
    return code if known is None else f"{known.name}, {known.kecamatan}"


def categories(codes: Iterable[str]) -> str:
    """Names of categories, one a line; those that are restricted by that word alone."""
    named = pmks_types()
    sealed = restricted_categories()
    words = [texts()["restricted"] if code in sealed else named[code].nama for code in sorted(set(codes))]
    return "\n".join(dict.fromkeys(words))


def set_up_to_fill(sheet: Any, header_row: int) -> None:
    """Let only open cells of a sheet be filled, and print it on A4 with its header on each page."""
    sheet.protect("", {"format_columns": True, "format_rows": True, "select_locked_cells": True})
    sheet.set_paper(A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.repeat_rows(header_row)
    sheet.set_footer(f"&L{texts()['footer']}&R&P / &N")
