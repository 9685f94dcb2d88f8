"""The directorates that receive referrals. Rests on `directorates.csv`; nothing else lists them."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from validation.rule_tables import rule_table


class Directorate(NamedTuple):
    """One directorate: `kode` names its tables and its folder, `nama` is what it is called in its own workbook
    (Indonesian), `description` says in one line what it is referred people for (English)."""

    kode: str
    nama: str
    description: str


@cache
def directorates() -> dict[str, Directorate]:
    """All directorates by code, in the order in which they are shown.

    >>> list(directorates())
    ['rehsos', 'dayasos', 'jamsos']
    """
    return {row["kode"]: Directorate(**row) for row in rule_table(__file__, "directorates.csv")}
