"""Why referrals end: what each code of `endings.csv` means."""

from __future__ import annotations

from functools import cache

from validation.rule_tables import rule_table


@cache
def meanings() -> dict[str, str]:
    """The meaning of each code, in Indonesian, in the order of the table."""
    return {row["kode"]: row["arti"] for row in rule_table(__file__, "endings.csv")}
