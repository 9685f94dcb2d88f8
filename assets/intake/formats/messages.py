"""The texts for files that cannot be read (`unreadable.csv`: code, message, reason)."""

import csv
from functools import cache
from pathlib import Path

from assets.intake.formats.workbook import Unreadable


@cache
def messages() -> dict[str, str]:
    with (Path(__file__).parent / "unreadable.csv").open(encoding="utf-8", newline="") as table:
        return {row["code"]: row["message"] for row in csv.DictReader(table)}


def unreadable(code: str, **where: object) -> Unreadable:
    """The exception for `code`, its message filled with `where` (kinds, positions, limits; never what a cell holds)."""
    return Unreadable(code, messages()[code].format(**where))
