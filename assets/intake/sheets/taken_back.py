"""Rows that a village took back without a word: people who are crossed off.

Danger: they are referred as all others; or, dropped on a guess, lost. Remedy: they stay in the list, which now says
that they are crossed off it, so that they are referred to be verified only. Whoever stands on another row as well, that
is not crossed off, was written anew, and goes by that one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from assets.intake.sheets.data_rows import DataRow
from assets.intake.sheets.evidence import STANDING
from assets.intake.sheets.layout import Problem, SheetRead
from assets.intake.sheets.standing import says_gone
from assets.intake.sheets.values import is_stated

CROSSED_OFF = "DICORET"
_NIK_DIGITS = 10
"""Shorter numbers are placeholders or fragments that many people share."""
_NO_LETTER = re.compile(r"[\W_]+")


class People:
    """The people of some rows, to ask whether the person of another row is one of them."""

    def __init__(self, rows: Iterable[DataRow]) -> None:
        self._niks: set[str] = set()
        self._named: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for row in rows:
            name, nik, born = _identity(row)
            self._niks.add(nik)
            self._named[name].append((nik, born))
        self._niks.discard("")

    def __contains__(self, row: DataRow) -> bool:
        """Whether the person has the NIK of one of them, or a namesake of whom nothing else is known to differ."""
        name, nik, born = _identity(row)
        return nik in self._niks or any(
            born == other_born if born and other_born else not (nik and other_nik)
            for other_nik, other_born in self._named.get(name, ())
        )


def _identity(row: DataRow) -> tuple[str, str, str]:
    """Name, NIK and birth date of a row by their letters and digits."""
    name, nik, born = (
        _NO_LETTER.sub("", cell[0]).upper() if is_stated(cell := row.cells.get(field, ("", "."))) else ""
        for field in ("nama", "nik", "tanggal_lahir")
    )
    return name, nik if len(nik) >= _NIK_DIGITS else "", born


def take_back_crossed_off(reads: Sequence[SheetRead]) -> None:
    """Say of the people who are crossed off that they are, and name their rows."""
    if not any(row.struck for read in reads for row in read.rows):
        return
    standing = People(row for read in reads for row in read.rows if not row.struck)
    for read in reads:
        for row in read.rows:
            if row.struck and row in standing:
                read.problems.append(Problem("row_struck_and_written_anew", row.row))
            elif row.struck:
                _say(row, CROSSED_OFF, f"struck@{row.struck}")
                read.problems.append(Problem("row_struck", row.row))


def _say(row: DataRow, standing: str, place: str) -> None:
    """Give a row a standing, unless it says itself that the person is gone."""
    if not any(says_gone(row.cells[name][0].strip().lower()) for name in STANDING if name in row.cells):
        row.cells["status_layak"], row.filled["status_layak"] = (standing, "t"), place
