"""Findings: what is wrong, repaired or worth knowing, each by a code whose text and severity are in `findings.csv`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from validation.rule_tables import rule_table

if TYPE_CHECKING:  # who only looks is not to wait for it
    import pandas as pd

FINDING_COLUMNS = ("submission_id", "sheet", "row", "column", "field", "code", "severity", "message")


CATALOGUE: Mapping[str, Mapping[str, str]] = {row["code"]: row for row in rule_table(__file__, "findings.csv")}
"""Every finding code: stage, severity, who must act, message and expectation (Indonesian), basis."""


def message_of(code: str, **facts: Any) -> str:
    """The Indonesian text of a code, with its facts filled in. Raises `KeyError` for an unknown code or fact.

    The only sheet of a text file has no name: what would be said of it is said of the file.
    """
    message = CATALOGUE[code]["message"].format(**facts)
    if facts.get("lembar") == "":
        return message.replace('lembar ""', "berkas ini").replace('Lembar ""', "Berkas ini")
    return message


def finding(
    code: str,
    *,
    submission_id: str,
    sheet: str | None = None,
    row: int | None = None,
    column: str | None = None,
    field: str | None = None,
    **facts: Any,
) -> dict[str, Any]:
    """One finding as a row of `FINDING_COLUMNS`. `facts` fill the message; never pass a person's value."""
    values = (submission_id, sheet, row, column, field, code, CATALOGUE[code]["severity"], message_of(code, **facts))
    return dict(zip(FINDING_COLUMNS, values, strict=True))


def findings_frame(found: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Findings as a frame, sorted by file, sheet, row, column and code, without repetitions."""
    import pandas as pd

    frame = pd.DataFrame(list(found), columns=list(FINDING_COLUMNS), dtype="object")
    frame = frame.astype({c: "Int64" if c == "row" else "str" for c in FINDING_COLUMNS})
    frame = frame.drop_duplicates().sort_values(list(FINDING_COLUMNS[:6]), na_position="first")
    return frame.reset_index(drop=True)
