"""The mark behind each line of the list of findings that a village gets, by which it is seen that somebody typed there.

The list is locked, since nobody reads what is typed into it; where a lock was taken off all the same, what was
typed must not be lost without a word.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

MARKED_CELLS = 11
"""The cells of a line that are marked, from the first; the one behind them is a link."""
MARK_COLUMN = 13
"""The column, from 1, in which the mark stands, hidden."""
SUBMISSION_MARK = "pmks_submission_id: "
"""What stands before the id of the submission in cell A1 of the list."""
_BEGINS = "tanda "
_MARK = re.compile(rf"{_BEGINS}[0-9a-f]{{16}}")


def mark_of(cells: Sequence[str]) -> str:
    """The mark of a line as it was written; blanks at the ends and line breaks are not part of it.

    >>> mark_of(["1", "Lembar 1"]) == mark_of(["1 ", "Lembar\\n1"] + [""] * 9) != mark_of(["1", "Lembar 2"])
    True
    """
    whole = [" ".join(cell.split()) for cell in cells[:MARKED_CELLS]]
    whole += [""] * (MARKED_CELLS - len(whole))
    return _BEGINS + hashlib.sha256("\x1f".join(whole).encode()).hexdigest()[:16]


def typed_over(cells: Sequence[str]) -> bool:
    """Whether a line, all cells from the first column on, carries a mark that is not its own."""
    return is_marked_line(cells) and cells[MARK_COLUMN - 1] != mark_of(cells)


def is_marked_line(cells: Sequence[str]) -> bool:
    """Whether a line carries a mark, its own or not."""
    return len(cells) >= MARK_COLUMN and _MARK.fullmatch(cells[MARK_COLUMN - 1]) is not None
