"""Rows that a village took back without a word: people who are crossed off, sheets of which a newer one stands in the
same workbook (`LAMA` and `BARU`, `AWAL` and `PERBAIKAN`), and lists of an older year with that of a newer one in one
sheet.

Danger: these people are referred as all others; or, dropped on a guess, lost. Remedy: they stay in the list, which now
says why they may be no longer on it, so that they are referred to be verified only. Whoever stands on another row as
well, that was not taken back, goes by that one. Two sheets are versions of one list only if they hold the same people:
`PENERIMA LAMA` and `PENERIMA BARU` may both be helped. Rests on `sheet_versions.csv`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import combinations
from operator import itemgetter

from assets.intake.inbox.periods import period_in
from assets.intake.sheets.category_names import category_named
from assets.intake.sheets.data_rows import DataRow
from assets.intake.sheets.evidence import STANDING
from assets.intake.sheets.grid import Grid
from assets.intake.sheets.layout import Problem, SheetRead
from assets.intake.sheets.standing import says_gone
from assets.intake.sheets.titles import place_of_sheet
from assets.intake.sheets.values import is_stated
from validation.rule_tables import rule_table

CROSSED_OFF = "DICORET"
ON_OLD_SHEET, ON_OLD_LIST = "HANYA PADA LEMBAR LAMA", "HANYA PADA DAFTAR LAMA"
ONLY_BEFORE = frozenset({ON_OLD_SHEET, ON_OLD_LIST})
"""What is said of some of the people of an older list only, with a finding of its own."""
CONTINUES = 0.5
"""Share of the people of a sheet that must stand in another, called newer, for this to be its newer version."""
ALIKE = 0.8
"""Share of the people of each of two sheets that must stand in the other for them to be versions of one list, whatever
they are called, if both have the same columns."""
_OLDER, _NEWER = -1, 1
_SAMPLE = 100
"""So many of the people of a sheet are looked for in another, before all of them are."""
_FEWEST = 3
"""So few people stand in two sheets by chance."""
_NIK_DIGITS = 10
"""Shorter numbers are placeholders or fragments that many people share."""
_NO_LETTER = re.compile(r"[\W_]+")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_BETWEEN, _HEADING_CELLS = frozenset({"title", "band", "legend", "footer", "blank"}), 2
_FIRST_YEAR = "2000"
_COPY = re.compile(r"\(\d{1,2}\)\s*$|\b(?:copy|copi|salinan|duplikat|kopi)\b", re.IGNORECASE)
"""How programs name the copy of a sheet; which of the two was changed later nobody knows."""


_OfYears = dict[str, list[tuple[DataRow, str]]]
Identity = tuple[str, str, str]
"""Name, NIK and birth date of a row by their letters and digits, "" for what it does not say."""


def _identity(row: DataRow) -> Identity:
    name, nik, born = (
        _NO_LETTER.sub("", cell[0]).upper() if is_stated(cell := row.cells.get(field, ("", "."))) else ""
        for field in ("nama", "nik", "tanggal_lahir")
    )
    return name, nik if len(nik) >= _NIK_DIGITS else "", born


class People:
    """The people of some rows, to ask whether somebody is one of them."""

    def __init__(self, rows: Iterable[DataRow]) -> None:
        self.identities = [_identity(row) for row in rows]
        self._niks = {nik for _, nik, _ in self.identities if nik}
        self._named: dict[str, list[Identity]] = defaultdict(list)
        for identity in self.identities:
            self._named[identity[0]].append(identity)

    def __contains__(self, identity: Identity) -> bool:
        """Whether somebody has the NIK of one of them, or is a namesake of whom nothing else is known to differ."""
        name, nik, born = identity
        return nik in self._niks or any(
            born == other_born if born and other_born else not (nik and other_nik)
            for _, other_nik, other_born in self._named.get(name, ())
        )

    def share_in(self, others: People) -> float:
        """The share of them who stand among others, too; 0 where hardly any of a few of them do."""
        some = self.identities[:: max(len(self.identities) // _SAMPLE, 1)]
        if 4 * sum(identity in others for identity in some) < len(some):
            return 0.0
        return sum(identity in others for identity in self.identities) / len(self.identities)


def take_back(reads: Sequence[tuple[SheetRead, Grid]]) -> None:
    """Say of the people who were taken back that they were, and name their rows and sheets."""
    _crossed_off([read for read, _ in reads])
    for read, grid in reads:
        _of_several_years(read, grid)
    listed = [(read, grid.hidden) for read, grid in reads if len(read.rows) >= _FEWEST]
    if len(listed) > 1:
        _versions(listed)


def _crossed_off(reads: Sequence[SheetRead]) -> None:
    if not any(row.struck for read in reads for row in read.rows):
        return
    standing = People(row for read in reads for row in read.rows if not row.struck)
    for read in reads:
        for row in read.rows:
            if row.struck and _identity(row) in standing:
                read.problems.append(Problem("row_struck_and_written_anew", row.row))
            elif row.struck:
                _say(row, CROSSED_OFF, f"struck@{row.struck}")
                read.problems.append(Problem("row_struck", row.row))


def _of_several_years(read: SheetRead, grid: Grid) -> None:
    """Of lists of several years one below the other, or in one whose rows say their year: name the years, and say of
    the people of a list that goes on in the newest one who does not stand there any more."""
    of_years = _by_heading(read, grid) or _by_column(read)
    if len(of_years) < 2:
        return
    current = People(row for row, _ in of_years[max(of_years)])
    left = []
    for year, rows in of_years.items():
        if year != max(of_years) and People(row for row, _ in rows).share_in(current) >= CONTINUES:
            left += [(row, cell) for row, cell in rows if _identity(row) not in current]
    for row, cell in left:
        _say(row, ON_OLD_LIST, f"title@{cell}")
    facts = {"tahun": ", ".join(sorted(of_years)), "hanya": len(left)}
    read.problems.append(Problem("years_in_one_sheet", facts=facts))


def _by_heading(read: SheetRead, grid: Grid) -> _OfYears:
    """The rows below headings of several years, by year, each with the cell of its heading; empty for one year."""
    of_years: _OfYears = defaultdict(list)
    said = list(_years_said(read, grid)) if read.rows else []
    if len({year for _, year, _ in said}) < 2:
        return of_years
    for row in read.rows:
        if above := bisect_left(said, row.row, key=itemgetter(0)):
            _, year, cell = said[above - 1]
            of_years[year].append((row, cell))
    return of_years


def _by_column(read: SheetRead) -> _OfYears:
    """The rows by the year that a column of their own says (`TAHUN`), each with the cell that heads it; empty where it
    goes back to years in which people were born."""
    of_years: _OfYears = defaultdict(list)
    heads = {row: column.letter for row, column in read.columns if "periode_baris" in column.fields}
    for row in read.rows if heads else ():
        period = period_in(row.text("periode_baris"))
        if period and row.header_row in heads:
            of_years[period[:4]].append((row, f"{heads[row.header_row]}{row.header_row}"))
    return of_years if min(of_years, default="") >= _FIRST_YEAR else {}


def _years_said(read: SheetRead, grid: Grid) -> Iterator[tuple[int, str, str]]:
    """The years that headings of a sheet name, from the top: sheet row, year, cell."""
    for row in range(len(grid.texts)):
        number = row + grid.first_row
        if read.kinds[number - 1] in _BETWEEN and grid.filled(row) <= _HEADING_CELLS:
            for column, text in enumerate(grid.texts[row]):
                if text and (period := period_in(text)):
                    yield number, period[:4], grid.cell(row, column)


def _versions(listed: Sequence[tuple[SheetRead, bool]]) -> None:
    """Find the sheets that are versions of one list. Of the older ones it is said who stands in none that is newer."""
    people = {read.name: People(read.rows) for read, _ in listed}
    newer: dict[str, list[str]] = defaultdict(list)
    for (one, one_hidden), (other, other_hidden) in combinations(listed, 2):
        if _of_other_year(one, other) or _of_other_kind(one, other):
            continue
        shares = people[one.name].share_in(people[other.name]), people[other.name].share_in(people[one.name])
        order = _order((one.name, one_hidden), (other.name, other_hidden))
        old, new, share = (one, other, shares[0]) if order < 0 else (other, one, shares[1])
        if order and share >= CONTINUES:
            newer[old.name].append(new.name)
        elif min(shares) >= ALIKE and _fields(one) == _fields(other):
            other.problems.append(Problem("sheets_alike", facts={"lembar": other.name, "lain": one.name}))
    for read, _ in listed:
        if read.name in newer:
            _set_behind(read, [people[name] for name in newer[read.name]], newer[read.name])


def _set_behind(old: SheetRead, newer: Sequence[People], names: Sequence[str]) -> None:
    left = [row for row in old.rows if not any(_identity(row) in people for people in newer)]
    for row in left:
        _say(row, ON_OLD_SHEET, "sheet")
    facts = {"lembar": old.name, "baru": ", ".join(names), "sama": len(old.rows) - len(left), "hanya": len(left)}
    old.problems.append(Problem("sheet_of_older_version", facts=facts))


def _fields(read: SheetRead) -> set[str]:
    return {name for _, column in read.columns for name in column.fields}


def _of_other_year(one: SheetRead, other: SheetRead) -> bool:
    years = [set(_YEAR.findall(" ".join([read.name, *read.titles]))) for read in (one, other)]
    return all(years) and years[0] != years[1]


def _of_other_kind(one: SheetRead, other: SheetRead) -> bool:
    """Whether two sheets list the same people for different things: one names a category that the other does not."""
    kinds = [{said for text in (read.name, *read.titles) if (said := category_named(text))} for read in (one, other)]
    return kinds[0] != kinds[1]


@cache
def _words(kind: str) -> re.Pattern[str]:
    patterns = "|".join(row["pattern"] for row in rule_table(__file__, "sheet_versions.csv") if row["kind"] == kind)
    return re.compile(rf"(?:\b|_)(?:{patterns})(?:\b|_|(?=\d))[\s._-]*(\d{{0,2}})", re.IGNORECASE)


def _order(one: tuple[str, bool], other: tuple[str, bool]) -> int:
    """Whether the first of two sheets (name, hidden) is the older one (-1) or the newer one (1); 0 where neither says.

    >>> _order(("LAMA", False), ("Sheet1", False)), _order(("revisi 2", False), ("Revisi", False))
    (-1, 1)
    >>> _order(("REVISI 2", False), ("FINAL", False)), _order(("Data", False), ("Data (2)", False))
    (0, 0)
    """
    (first, first_age, turn), (second, second_age, other_turn) = _age(*one), _age(*other)
    if first_age == second_age == _NEWER and first == second:
        return (turn > other_turn) - (turn < other_turn)
    if _COPY.search(one[0]) or _COPY.search(other[0]):
        return 0
    return (first_age > second_age) - (first_age < second_age)


def _age(name: str, hidden: bool) -> tuple[str, int, int]:
    """The name of a sheet without the number of its version, how new it says it is, and that number. A hidden sheet
    that says nothing is an older one; one that is called as a hamlet (`Dusun Baru`) says nothing."""
    if place_of_sheet(name):
        return name, 0, 0
    if _words("older").search(name):
        return name, _OLDER, 0
    if found := _words("newer").search(name):
        return name[: found.start(1)].rstrip(" ._-").upper(), _NEWER, int(found[1] or 1)
    return name, _OLDER if hidden else 0, 0


def _say(row: DataRow, standing: str, place: str) -> None:
    """Give a row a standing, unless it says itself that the person is gone."""
    if not any(says_gone(row.cells[name][0].strip().lower()) for name in STANDING if name in row.cells):
        row.cells["status_layak"], row.filled["status_layak"] = (standing, "t"), place
