"""One raw row, or a few, through the records room: what became of each, and what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from tests.support.records import Row, built, raw_row


class Outcome(NamedTuple):
    """What became of a row: its record (None: quarantined), why not, and its findings (code and message)."""

    record: dict[str, Any] | None
    reasons: list[str]
    messages: dict[str, str]

    @property
    def found(self) -> set[str]:
        """The codes of its findings."""
        return set(self.messages)

    def __getitem__(self, column: Any) -> Any:
        """A cell of the record; None where it is empty."""
        assert self.record is not None, self.reasons
        value = self.record[column]
        return value if isinstance(value, list) else None if pd.isna(value) else value


def row_of(number: int = 2, **cells: Any) -> Row:
    """A raw row of somebody who is accepted, with other cells where they are given."""
    return raw_row(number, **{"nama": "SITI AMINAH", "kategori": "Fakir Miskin", **cells})


def outcomes(rows: list[Row], meanings: dict[str, dict[str, str]] | None = None) -> list[Outcome]:
    """What becomes of rows that are read together, in their order."""
    made = built(rows, meanings)
    places = [(row["submission_id"], row["sheet"], row["row"]) for row in rows]
    keys = ["submission_id", "sheet", "row"]
    records: dict[Any, dict[Any, Any]] = dict(
        zip(_places(made.accepted), made.accepted.to_dict("records"), strict=True)
    )
    reasons = dict(zip(_places(made.quarantined), made.quarantined["reasons"], strict=True))
    codes: dict[Any, dict[str, str]] = {place: {} for place in places}
    for *place, code, message in made.findings[[*keys, "code", "message"]].itertuples(index=False, name=None):
        codes[tuple(place)][code] = message
    assert len(records) + len(reasons) == len(rows)
    return [Outcome(records.get(place), reasons.get(place, []), codes[place]) for place in places]


def alone(cells: Iterable[Mapping[str, Any]]) -> list[Outcome]:
    """What becomes of rows of which each is a list of its own, so that none is compared with another."""
    return outcomes([row_of(**{"submission_id": f"{n:064x}", **given}) for n, given in enumerate(cells)])


def _places(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(frame[["submission_id", "sheet", "row"]].itertuples(index=False, name=None))
