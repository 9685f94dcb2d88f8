"""Two people in one row: a child and the head of its family, each with a name or number of its own.

Danger: the head's NIK beside the child's name makes one person of two. Remedy: each number goes to whom its header
names; the row is about one of them, by the sheet's own title, and what belongs to the other is set aside, but for the
head's name. Rests on `header_people.csv`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from assets.intake.sheets.guesses import are_names
from assets.intake.sheets.headers import calls_the_listed, header_key
from assets.intake.sheets.tick_matrix import NO_TICKS
from validation.rule_tables import rule_table

if TYPE_CHECKING:
    from assets.intake.sheets.mapping import Column

CHILD, HEAD = "anak", "kepala"
_SAID = {CHILD: "anak", HEAD: "kepala keluarga"}
_SHARED = frozenset({"no_kk", "kepala_keluarga", "hubungan", "alamat", "dusun", "rt", "rw"})
"""Fields that are the same of both, or that say who the other is."""

_OF_BIRTH = frozenset({"jenis_kelamin", "tempat_lahir", "tanggal_lahir", "umur"})
"""Fields that, right of a child's name, are the child's, though their header does not say so."""


@cache
def _patterns(where: str) -> dict[str, re.Pattern[str]]:
    rows = [row for row in rule_table(__file__, "header_people.csv") if row["where"] == where]
    return {row["role"]: re.compile(row["pattern"], re.IGNORECASE) for row in rows}


def role_named(header: str) -> str | None:
    """Whom a header names, a child or the head of the family: `NIK ANAK`, `NAMA KK`."""
    key = header_key(header)
    return next((role for role, pattern in _patterns("header").items() if pattern.search(key)), None)


def about(titles: Iterable[str]) -> str | None:
    """Whom a list is of, by the first of its titles that says so, and in that by the first word.

    >>> about(["PEMERINTAH DESA", "DATA ANAK YATIM DARI KELUARGA MISKIN"])
    'anak'
    """
    for title in titles:
        found = [(match.start(), role) for role, p in _patterns("title").items() if (match := p.search(title))]
        if found:
            return min(found)[1]
    return None


def settle_people(columns: Sequence[Column], listed: str | None) -> None:
    """Leave the fields of a person to the columns of the person listed, where columns name a child and a head.

    `listed`: whom the title says the list is of; where it does not, it is of the child that has a name.
    """
    personal = [c for c in columns if c.fields and c.by not in (None, "sidecar") and not c.category and not c.sex]
    roles = {column.index: role_named(column.header) for column in personal}
    named = {roles[c.index] for c in personal if {"nama", "kepala_keluarga"} & set(c.fields)}
    if CHILD in named and HEAD in roles.values():
        other = CHILD if listed == HEAD and HEAD in named else HEAD
    elif None in named and HEAD in named:
        other = HEAD
    else:
        return
    twice = _of_other(personal, roles, other)
    last: str | None = None
    for column in personal:
        own = other if column.index in twice else roles[column.index]
        if {"nama", "nik", "kepala_keluarga"} & set(column.fields):
            last = own
        beside = other == CHILD and own is None and last == CHILD and set(column.fields) <= _OF_BIRTH
        if (own == other or beside) and not _SHARED & set(column.fields):
            column.fields, column.by = (), None
            column.evidence = f"milik {_SAID[other]}, bukan orang yang didaftar"


def _of_other(columns: Sequence[Column], roles: Mapping[int, str | None], other: str) -> set[int]:
    """The columns of a field that two people have each (`NAMA KK | NIK | NAMA ANAK | NIK ANAK`) that are the other's,
    though their header does not say so: a column is of whom it names, or of the name before it; a number is of the name
    behind it where the first number stands before any name."""
    first = next((c for c in columns if {"nama", "nik", "kepala_keluarga"} & set(c.fields)), None)
    before = _named_before(columns, roles)
    numbers = _named_before(columns[::-1], roles) if first and first.fields == ("nik",) else before
    whose: dict[tuple[str, ...], dict[int, str | None]] = {}
    for column in columns:
        if not {"nama", *_SHARED} & set(column.fields):
            named = (numbers if column.fields == ("nik",) else before)[column.index]
            whose.setdefault(column.fields, {})[column.index] = roles[column.index] or named
    both = [of for of in whose.values() if other in of.values() and set(of.values()) != {other}]
    return {index for of in both for index, who in of.items() if who == other}


def _named_before(columns: Sequence[Column], roles: Mapping[int, str | None]) -> dict[int, str | None]:
    """Of each column the role of the name before it, in this order of the columns."""
    found: dict[int, str | None] = {}
    last: str | None = None
    for column in columns:
        last = roles[column.index] if {"nama", "kepala_keluarga"} & set(column.fields) else last
        found[column.index] = last
    return found


def name_the_listed(columns: Sequence[Column]) -> None:
    """Where no header names the people listed: the one column that calls them so (`Pasien`) and holds names. Else the
    family heads are listed, unless names stand beside theirs that are not understood: those may be the people."""
    if any("nama" in column.fields for column in columns):
        return
    heads = [column for column in columns if column.fields == ("kepala_keluarga",)]
    others = [column for column in columns if _holds_unread_names(column)]
    called = [column for column in others if calls_the_listed(column.header, alone=not heads)]
    if len(called) == 1:
        called[0].fields, called[0].by = ("nama",), "content"
        called[0].evidence = "judul menyebut orang yang didaftar, dan isinya nama"
    elif not others:
        for column in heads:
            column.fields = ("nama", "kepala_keluarga")
            column.evidence = f"satu-satunya kolom nama; {column.evidence}"


def _holds_unread_names(column: Column) -> bool:
    """Whether different names of people stand in a column below a header that says so, and it is not known whose."""
    known = column.fields or column.is_ignored or column.by == "sidecar" or column.evidence not in ("", NO_TICKS)
    if known or not column.header or not column.content:
        return False
    said = header_key(column.header).startswith("NAMA") or calls_the_listed(column.header, alone=True)
    return said and are_names([text for text in column.content.texts if text.strip()])
