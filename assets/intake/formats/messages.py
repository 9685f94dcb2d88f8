"""The texts for files that cannot be read (`unreadable.csv`: code, message, reason)."""

from functools import cache

from assets.intake.formats.workbook import Unreadable
from validation.rule_tables import rule_table


@cache
def messages() -> dict[str, str]:
    return {row["code"]: row["message"] for row in rule_table(__file__, "unreadable.csv")}


def unreadable(code: str, **where: object) -> Unreadable:
    """The exception for `code`, its message filled with `where` (kinds, positions, limits; never what a cell holds)."""
    return Unreadable(code, messages()[code].format(**where))
