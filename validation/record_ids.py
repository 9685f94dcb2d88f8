"""The id of a row: the same bytes, sheet and row always give the same."""

from __future__ import annotations

from hashlib import sha256

RECORD_ID_DIGITS = 32


def record_id(submission_id: str, sheet: str, row: int) -> str:
    """The stable id of a row of a submission.

    >>> record_id("0" * 64, "Data", 5)
    '96553da07f821e1d2fc52e71c89f0a20'
    """
    whole = f"{submission_id}\x1f{sheet}\x1f{row}".encode()
    return sha256(whole).hexdigest()[:RECORD_ID_DIGITS]
