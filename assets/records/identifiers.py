"""NIK and KK of the rows: the digits as written, and why they are in doubt. Nothing is ever repaired.

A 16-digit number that Excel stored has lost its last digit, which then reads 0; about one honest serial in ten ends
in 0 too. So a numeric cell that ends in 0 is `numeric_doubt`, and `last_digit_lost` where nearly all of its column do.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assets.records.cells import Cells, Coded, Findings, Mask, Numbers, by_value, coded, combined, first_rows
from assets.records.names import Names
from validation.nik import LENGTH, NumberFacts, judge
from validation.nik import STATUSES_IN_A_LIST as STATUSES
from validation.vocabulary import HEAD_OF_FAMILY

NEARLY_ALL = 0.8
FEWEST_SWAPPED, SOME_SWAPPED = 3, 0.2
"""From so many women on, and such a share of a list, whose numbers are swapped, its two columns are."""
REASONS = {
    "wrong_length": "bukan 16 angka",
    "impossible_date": "tanggal, wilayah, atau nomor urut di dalamnya tidak mungkin",
    "last_digit_lost": "angka terakhir hilang karena disimpan Excel sebagai bilangan",
    "numeric_doubt": "disimpan sebagai bilangan, angka terakhir mungkin hilang",
    "swapped": "tampak tertukar dengan nomor lain pada baris ini",
    "same_as_other": "NIK sama dengan nomor KK",
}
_RANK = {status: rank for rank, status in enumerate(STATUSES)}
_DOUBTED = [_RANK[status] for status in REASONS]
_ABSENT = [_RANK["missing"], _RANK["placeholder"]]
_STRANGERS = [_RANK["swapped"], _RANK["same_as_other"]]


class Nik(NamedTuple):
    """What the NIK of each row says of its owner: 0 and -1 where it says nothing.

    `trusted`: it stands in its own column, so that it may speak against what the row states.
    """

    day: Numbers
    month: Numbers
    year: Numbers
    woman: Mask
    trusted: Mask


class Identifiers(NamedTuple):
    """Digits of both numbers (Arrow strings), their statuses, and what each NIK says."""

    nik: Coded[Any]
    nik_status: Coded[str]
    no_kk: Coded[Any]
    kk_status: Coded[str]
    facts: Nik


class _Column(NamedTuple):
    """An identifier column: what each row's number says; the distinct digits and each row's place among them."""

    facts: NumberFacts
    digits: pa.Array
    places: Numbers


def identify(cells: Cells, found: Findings) -> Identifiers:
    """Judge the identity numbers of every row and note what is in doubt."""
    of_nik, of_kk = _column(cells, "nik", found), _column(cells, "no_kk", found)
    nik_status, kk_status = _status(cells, "nik", of_nik), _status(cells, "no_kk", of_kk)
    _with_each_other(of_nik, nik_status, of_kk, kk_status)
    _exchanged_columns(cells.place, nik_status, kk_status)
    _note(found, "nik", nik_status, "nik_missing", "nik_doubtful")
    _note(found, "no_kk", kk_status, "kk_missing", "kk_doubtful")
    said = of_nik.facts
    day, month, year = (part.astype(np.int32) for part in (said.day, said.month, said.year))
    facts = Nik(day, month, year, said.woman, (day > 0) & ~np.isin(nik_status, _STRANGERS))
    return Identifiers(
        Coded(of_nik.digits, of_nik.places),
        Coded(STATUSES, nik_status),
        Coded(of_kk.digits, of_kk.places),
        Coded(STATUSES, kk_status),
        facts,
    )


def _column(cells: Cells, field: str, found: Findings) -> _Column:
    texts = cells.texts(field)
    said = judge(texts, birth=field == "nik")
    written = pc.utf8_trim_whitespace(texts)  # blanks around a number are no part of it
    changed = pc.fill_null(pc.not_equal(said.digits, written), False).to_numpy(zero_copy_only=False)
    found.add("number_cleaned", changed, field)
    coded = said.digits.dictionary_encode(null_encoding="encode")
    return _Column(said, coded.dictionary, coded.indices.to_numpy())


def _status(cells: Cells, field: str, column: _Column) -> Numbers:
    """The status of each row, doubts about numeric cells included."""
    status = column.facts.status.astype(np.int32)
    long = pc.fill_null(pc.greater_equal(pc.binary_length(column.digits), LENGTH), False)
    zero = pc.fill_null(pc.ends_with(column.digits, "0"), False)
    numeric = cells.is_kind(field, "n") & long.to_numpy(zero_copy_only=False)[column.places]
    ends_in_zero = numeric & zero.to_numpy(zero_copy_only=False)[column.places]
    if not ends_in_zero.any():
        return status
    lists = len(cells.place.values)
    of_all = np.bincount(cells.place.codes[numeric], minlength=lists)
    of_zeros = np.bincount(cells.place.codes[ends_in_zero], minlength=lists)
    lost = (of_zeros >= NEARLY_ALL * of_all)[cells.place.codes]
    sound, impossible = status == _RANK["sound"], status == _RANK["impossible_date"]
    status[ends_in_zero & sound] = _RANK["numeric_doubt"]
    status[ends_in_zero & lost & (sound | impossible)] = _RANK["last_digit_lost"]
    return status


def _with_each_other(nik: _Column, nik_status: Numbers, kk: _Column, kk_status: Numbers) -> None:
    """Note in the statuses where both numbers are one, or stand in each other's place."""
    position = pc.index_in(nik.digits, value_set=kk.digits, skip_nulls=True)
    in_kk = pc.fill_null(position, -1).to_numpy(zero_copy_only=False)
    same = in_kk[nik.places] == kk.places
    nik_status[same & (nik_status == _RANK["sound"])] = _RANK["same_as_other"]
    kk_status[same] = _RANK["same_as_other"]
    # The day inside a KK number is a date of issue and never above 40; a woman's NIK in its place gives itself away.
    impossible = np.flatnonzero(kk.facts.status == _RANK["impossible_date"])
    as_nik = judge(kk.facts.digits.take(pa.array(impossible)), birth=True)
    womans = np.zeros(len(kk.facts.status), dtype=bool)
    womans[impossible] = as_nik.woman
    swapped = womans & ~same & (kk_status == _RANK["impossible_date"]) & (nik_status == _RANK["sound"])
    nik_status[swapped] = kk_status[swapped] = _RANK["swapped"]


def _exchanged_columns(lists: Coded[Any], nik_status: Numbers, kk_status: Numbers) -> None:
    """Note the men, too, of a list whose columns were exchanged, as the numbers of its women give away."""
    numbered = ~np.isin(nik_status, _ABSENT) & ~np.isin(kk_status, _ABSENT)
    of_all, given_away = (
        np.bincount(lists.codes[rows], minlength=len(lists.values))
        for rows in (numbered, nik_status == _RANK["swapped"])
    )
    exchanged = (given_away >= FEWEST_SWAPPED) & (given_away >= SOME_SWAPPED * of_all)
    others = exchanged[lists.codes] & (nik_status == _RANK["sound"]) & (kk_status == _RANK["sound"])
    nik_status[others] = kk_status[others] = _RANK["swapped"]


def _note(found: Findings, field: str, status: Numbers, missing: str, doubtful: str) -> None:
    found.add(missing, np.isin(status, _ABSENT), field)
    reasons = Coded([REASONS.get(name, "") for name in STATUSES], status)
    found.add(doubtful, np.isin(status, _DOUBTED), field, alasan=reasons)


def shared_within_a_list(cells: Cells, ids: Identifiers, names: Names) -> Mask:
    """Rows whose sound NIK stands in the same file with another name."""
    return _several(_sound(ids), [cells.submission, ids.nik], names)


def several_heads(cells: Cells, ids: Identifiers, names: Names, relations: Coded[str | None]) -> Mask:
    """Heads of a family whose KK number has another head, by another name, in the same file."""
    heads = relations.mask(lambda relation: relation == HEAD_OF_FAMILY) & ~np.isin(ids.kk_status.codes, _ABSENT)
    return _several(heads, [cells.submission, ids.no_kk], names)


def repeated_within_a_list(cells: Cells, ids: Identifiers, names: Names, categories: Coded[list[str]]) -> Mask:
    """Rows that say again what an earlier row of the same file says of the same period: sound NIK, name and
    categories."""
    sound, periods = np.flatnonzero(_sound(ids)), coded(cells.table["periode"])
    keys = [column.taken(sound) for column in (cells.submission, periods, ids.nik, names.text, categories)]
    again = np.zeros(cells.size, dtype=bool)
    again[sound] = True
    again[sound[first_rows(combined(*keys))]] = False
    return again


def from_elsewhere(ids: Identifiers, villages: Coded[str | None]) -> Mask:
    """Rows whose sound NIK was given out in another kecamatan than that of the village; legitimate, people move."""
    given = pc.utf8_slice_codeunits(ids.nik.values, 0, 6)
    given = given.dictionary_encode(null_encoding="encode")
    districts = Coded(given.dictionary.to_pylist(), given.indices.to_numpy()[ids.nik.codes])
    differs = by_value(
        lambda district, village: village is not None and district != village[:8].replace(".", ""), districts, villages
    )
    return _sound(ids) & differs.mask(bool)


def _sound(ids: Identifiers) -> Mask:
    return np.asarray(ids.nik_status.codes == _RANK["sound"])


def _several(among: Mask, groups: list[Coded[Any]], names: Names) -> Mask:
    """Rows of `among` whose group holds more than one name there."""
    rows = np.flatnonzero(among)
    group = combined(*(column.taken(rows) for column in groups))
    named = np.flatnonzero(names.usable[rows])
    pairs = combined(*(column.taken(rows[named]) for column in (*groups, names.text)))
    counts = np.bincount(group[named[first_rows(pairs)]], minlength=int(group.max(initial=-1)) + 1)
    found = np.zeros(len(among), dtype=bool)
    found[rows[counts[group] > 1]] = True
    return found
