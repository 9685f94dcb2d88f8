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

AGAIN = "read_again"
"""The reason code of a file that the next run reads again."""
CAUSES = {"reader_killed": "pembacanya dihentikan dari luar", "timeout": "melewati batas waktu"}
"""Codes of ends that say nothing about the bytes, each with what the village is told."""
MOST = 3


def is_stopped(result: object) -> bool:
    """Whether a file was not read for a reason that may not come again."""
    return isinstance(result, Unreadable) and result.code in CAUSES


@dataclass(frozen=True)
class Tries:
    """`most`: so many runs try to read a file. `before`: the earlier readings of files that could not be read for a
    reason that may not come again, by submission, under the same code."""

    most: int = MOST
    before: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, readings: pd.DataFrame, most: int) -> Tries:
        """What earlier readings (`readings` or `unplaced_readings`) say."""
        stopped = readings[readings["attempts"] > 0]
        return cls(most, {str(row["submission_id"]): row for row in rows_of(stopped)})

    def given_up(self, submission_id: str) -> Mapping[str, Any] | None:
        """The earlier reading of a file that is not tried again; None if it is to be read.

        With `most` 0 every file that was stopped stays as it is.
        """
        row = self.before.get(submission_id)
        if row is None or row["attempts"] < self.most or (self.most and row["reason_code"] == AGAIN):
            return None
        return row

    def outcome(self, submission_id: str, result: Unreadable) -> dict[str, Any]:
        """The columns `outcome`, `reason_code`, `reason` and `attempts` of a file that could not be read."""
        if is_damaged(result):
            return {"outcome": "held", "reason_code": result.code, "reason": result.message, "attempts": 0}
        if not is_stopped(result):
            return {"outcome": "rejected", "reason_code": result.code, "reason": result.message, "attempts": 0}
        tried = int(self.before[submission_id]["attempts"]) + 1 if submission_id in self.before else 1
        if tried < self.most:
            again = messages()[AGAIN].format(sebab=CAUSES[result.code], kali=tried, batas=self.most)
            return {"outcome": "held", "reason_code": AGAIN, "reason": again, "attempts": tried}
        reason = f"{result.message} (Sudah dicoba {tried} kali.)"
        return {"outcome": "held", "reason_code": result.code, "reason": reason, "attempts": tried}
