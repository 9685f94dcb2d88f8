"""Files whose reader was stopped from outside, or was too slow: read again by the next runs, at most so many times.

Problem: a reader that the system killed for want of memory says nothing about the file it was on. Remedy: such an end
is not final. How often it came is counted in the readings; the file waits until it was read or that count is reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from assets.intake.formats.messages import messages
from assets.intake.formats.original import is_damaged
from assets.intake.formats.workbook import Unreadable
from assets.intake.frames import rows_of
from assets.intake.turns import WAITS, Turn

AGAIN = "read_again"
"""The reason code of a file that the next run reads again."""
CAUSES = {"reader_killed": "pembacanya dihentikan dari luar", "timeout": "melewati batas waktu"}
"""Codes of ends that say nothing about the bytes, each with what the village is told."""
MOST = 3

DOCUMENT = "document"
"""A document whose list must be sent as a workbook: it waits for that, and is not refused."""


def is_stopped(result: object) -> bool:
    """Whether a file was not read for a reason that may not come again."""
    return isinstance(result, Unreadable) and (result.code in CAUSES or result.code == WAITS)


def is_stopped_reading(readings: pd.DataFrame) -> pd.Series[bool]:
    """The same of rows of `readings`, also of those that a program wrote which did not count attempts yet."""
    attempts = readings.get("attempts", pd.Series(0, index=readings.index))
    return (attempts > 0) | readings["reason_code"].isin([WAITS])


def is_to_be_read_again(readings: pd.DataFrame) -> bool:
    """Whether the next run has to read some of these files."""
    return bool(readings["reason_code"].isin([AGAIN, WAITS]).any())


@dataclass(frozen=True)
class Tries:
    """`most`: so many runs try to read a file. `before`: the earlier readings of files that could not be read for a
    reason that may not come again, by submission, under the same code. `read`: submissions that were read before, under
    whatever code."""

    most: int = MOST
    before: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    read: frozenset[str] = frozenset()

    @classmethod
    def of(cls, readings: pd.DataFrame, most: int, *, same_code: bool = True) -> Tries:
        """What earlier readings (`readings` or `unplaced_readings`) say. Under another code all is tried anew."""
        stopped = is_stopped_reading(readings)
        ended = readings.loc[~stopped & (readings["outcome"] != "rejected"), "submission_id"]
        before = {str(row["submission_id"]): row for row in rows_of(readings[stopped])} if same_code else {}
        return cls(most, before, frozenset(ended))

    def turn(self, submission_id: str, path: str, size: int, arguments: tuple[Any, ...]) -> Turn:
        """The turn of a file of `size` bytes that is to be read."""
        row = self.before.get(submission_id)
        slow = row is not None and row["attempts"] > 0
        return Turn(arguments, path, size, submission_id in self.read, slow, int(row["attempts"]) if row else 0)

    def given_up(self, submission_id: str) -> Mapping[str, Any] | None:
        """The earlier reading of a file that is not tried again; None if it is to be read.

        With `most` 0 every file that was stopped stays as it is.
        """
        row = self.before.get(submission_id)
        if row is None or (self.most and (row["attempts"] < self.most or row["reason_code"] in (AGAIN, WAITS))):
            return None
        return row

    def outcome(self, submission_id: str, result: Unreadable) -> dict[str, Any]:
        """The columns `outcome`, `reason_code`, `reason` and `attempts` of a file that could not be read."""
        if not is_stopped(result):
            outcome = "held" if is_damaged(result) or result.code == DOCUMENT else "rejected"
            return {"outcome": outcome, "reason_code": result.code, "reason": result.message, "attempts": 0}
        tried = int(self.before[submission_id]["attempts"]) if submission_id in self.before else 0
        if result.code == WAITS:
            return {"outcome": "held", "reason_code": WAITS, "reason": result.message, "attempts": tried}
        tried += 1
        if tried < self.most:
            again = messages()[AGAIN].format(sebab=CAUSES[result.code], kali=tried, batas=self.most)
            return {"outcome": "held", "reason_code": AGAIN, "reason": again, "attempts": tried}
        reason = f"{result.message} (Sudah dicoba {tried} kali.)"
        return {"outcome": "held", "reason_code": result.code, "reason": reason, "attempts": tried}
