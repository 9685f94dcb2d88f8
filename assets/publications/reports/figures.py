"""What reports count, and by what: every count of every page under one key, wherever it stands.

A key is what is counted and, by dimension, of what: `("rujukan", ("desa", "16.10.05.2036"), ("kategori", "08"))`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from assets.publications.changes import in_words
from assets.publications.reports.disclosure import Ints, Shown, protected
from assets.referrals.answers import MET, UNANSWERED
from validation.categories import restricted_categories
from validation.keys import is_one_of
from validation.regions import REGENCY_LENGTH

Key = tuple[Any, ...]
Combination = tuple[str, ...]
PLACES = ("desa", "kabupaten")
RESTRICTED = "terbatas"
"""Stands for all restricted categories together: which of them it is, a page of a place does not say."""
MET_STATE = "terpenuhi"
JOINED = " + "


OF_REFERRALS = [
    "referral_id", "directorate", "kode_desa", "kode_pmks", "tujuan", "since", "tercatat_pada_daftar_terbaru",
]  # fmt: skip
OF_SHARED = ["tingkat", "direktorat", "kode_desa"]
OF_RECORDS = ["submission_id", "kode_desa", "periode", "nik_status"]
OF_HISTORY = ["referral_id", "directorate", "kode_desa", "valid_from", "valid_to", "ended_because"]
"""The columns of referrals, of households that directorates share, of records, and of the history, that are counted
by."""
SHARED = {"submission_id", "kode_desa", "periode", "nik_status", "directorate", "tujuan", "ended_because"}
"""Those of them in which many rows say the same."""


class Sources(NamedTuple):
    """Tables of `docs/lake.md`. `answers`: the one that counts for each referral; `records`: those in force, with the
    `person_id` of each; `quarantined` and `findings`: of lists in force, with the village of the list."""

    referrals: pd.DataFrame
    answers: pd.DataFrame
    history: pd.DataFrame
    overlap: pd.DataFrame
    records: pd.DataFrame
    quarantined: pd.DataFrame
    findings: pd.DataFrame


class Measure(NamedTuple):
    """What is counted: rows of a frame, in some combinations of its columns, each of them sorted."""

    name: str
    rows: pd.DataFrame
    combinations: frozenset[Combination]


def measures(sources: Sources) -> list[Measure]:
    """All that pages count. A row is a referral, a shared household, a person on the lists of a period, a row of a list
    or a finding."""
    referred, ended = _referred(sources), _events(sources.history, "valid_to", "valid_from")
    begun = _events(sources.history, "valid_from", "valid_to")
    everywhere = ("direktorat", *PLACES)
    crossed = {(place, *more) for place in PLACES for by in ("kategori", "direktorat") for more in _crossed(by)}
    own = {("direktorat", *more) for by in ("kode_pmks", "tujuan", "kabupaten") for more in _crossed(by)}
    waiting = {(of, "status", "sejak") for of in everywhere}
    return [
        _measure("rujukan", referred, crossed | own | waiting | {("direktorat", "daftar")}),
        _measure("mulai", begun, {(of, *more) for of in everywhere for more in ((), ("bulan",))}),
        _measure("berakhir", ended, {(of, *more) for of in everywhere for more in ((), ("bulan",), ("sebab",))}),
        _measure("serumah", _shared(sources.overlap), {("bersama",), *((place, "bersama") for place in PLACES)}),
        _measure("orang", _listed(sources.records), {(place, "periode") for place in PLACES}),
        _measure(
            "baris", _rows(sources), {(place, "mutu", *more) for place in PLACES for more in ((), ("nik_status",))}
        ),
        _measure("catatan", _at(sources.findings), {(place, "severity") for place in PLACES}),
    ]


def _crossed(by: str) -> tuple[Combination, ...]:
    """All together, by one dimension, by how it was answered, and by both."""
    return (), (by,), ("status",), (by, "status")


def _measure(name: str, rows: pd.DataFrame, combinations: set[Combination]) -> Measure:
    named = sorted({dimension for each in combinations for dimension in each})
    categories = {dimension: _in_order(rows[dimension]) for dimension in named}  # once, not for each combination
    return Measure(name, pd.DataFrame(categories), frozenset(tuple(sorted(each)) for each in combinations))


class _Cells(NamedTuple):
    """The counts of a combination that are not 0: where each of them stands among all that its dimensions could make
    (in order), how often, and by each dimension the number of its value. `first`: the number of the first of them among
    all counts."""

    places: Ints
    sizes: Ints
    values: dict[str, Ints]
    first: int


def _in_order(values: pd.Series) -> pd.Series:
    """Values as categories: those that are there, in order, whatever categories they came with."""
    categories = values.astype("category").cat.remove_unused_categories()
    return categories.cat.reorder_categories(categories.cat.categories.sort_values())


def counted(found: list[Measure]) -> dict[Key, Shown]:
    """What may be said of every count that is not 0, by its key."""
    keys: list[Key] = []
    sizes: list[Ints] = []
    sums = _Sums()
    for measure in found:
        named = {d: [(d, value) for value in measure.rows[d].cat.categories] for d in measure.rows}
        cells: dict[Combination, _Cells] = {}
        for combination in sorted(measure.combinations):
            cells[combination] = these = _cells(measure.rows, combination, len(keys))
            said = ([named[d][value] for value in these.values[d].tolist()] for d in combination)
            keys += ((measure.name, *each) for each in zip(*said, strict=True))  # in order, as `key` has it
            sizes.append(these.sizes)
        for combination, parts in cells.items():
            for whole in _wholes(combination):
                if whole in cells:
                    sums.add(cells[whole], parts, _places(measure.rows, whole, parts.values))
    counts = np.concatenate([np.empty(0, np.int64), *sizes])
    for begun, parts_of_it in _what_is_left(keys, counts):
        sums.add_one(begun, parts_of_it)
    return dict(zip(keys, protected(counts, *sums.in_arrays()), strict=True))


class _Sums:
    """Sums of counts, by their numbers, as `protected` takes them."""

    def __init__(self) -> None:
        self._wholes: list[Ints] = []
        self._parts: list[Ints] = []
        self._within: list[Ints] = []
        self._count = 0

    def add(self, wholes: _Cells, parts: _Cells, places: Ints) -> None:
        """Every count of one combination as a sum of those of another; `places`: of each part, where its sum stands."""
        of, within = np.unique(np.searchsorted(wholes.places, places), return_inverse=True)
        self._append(wholes.first + of, parts.first + np.arange(len(places)), within)

    def add_one(self, whole: int, parts: list[int]) -> None:
        self._append(np.array([whole]), np.array(parts), np.zeros(len(parts), np.int64))

    def _append(self, wholes: Ints, parts: Ints, within: Ints) -> None:
        self._wholes.append(wholes)
        self._parts.append(parts)
        self._within.append(self._count + within)
        self._count += len(wholes)

    def in_arrays(self) -> list[Ints]:
        every = (self._wholes, self._parts, self._within)
        return [np.concatenate([np.empty(0, np.int64), *each]).astype(np.int64) for each in every]


def _cells(rows: pd.DataFrame, combination: Combination, first: int) -> _Cells:
    """The counts of rows by a combination of columns; a row that lacks one of them is not counted."""
    codes = {d: rows[d].cat.codes.to_numpy().astype(np.int64) for d in combination}
    whole = np.logical_and.reduce([each >= 0 for each in codes.values()])
    shape = [len(rows[d].cat.categories) for d in combination]
    places = _places(rows, combination, {d: each[whole] for d, each in codes.items()})
    sizes = pd.Series(places).value_counts(sort=False).sort_index()
    at = sizes.index.to_numpy()
    return _Cells(
        at, np.asarray(sizes, np.int64), dict(zip(combination, np.unravel_index(at, shape), strict=True)), first
    )


def _places(rows: pd.DataFrame, combination: Combination, values: Mapping[str, Ints]) -> Ints:
    """Where counts stand among all that the values of a combination could make. `values`: their numbers by dimension;
    those of kabupaten follow from those of villages."""
    places = np.zeros(len(next(iter(values.values()))), np.int64)
    for dimension in combination:
        categories = rows[dimension].cat.categories
        if dimension in values:
            own = values[dimension]
        else:
            own = categories.get_indexer(rows["desa"].cat.categories.str[:REGENCY_LENGTH])[values["desa"]]
        places = places * len(categories) + own
    return places


def _what_is_left(keys: list[Key], counts: Ints) -> Iterator[tuple[int, list[int]]]:
    """What began is what still holds and what has ended: whoever knows two of them knows the third."""
    at = {each: number for number, each in enumerate(keys) if len(each) == 2}
    for begun in [each for each in at if each[0] == "mulai"]:
        parts = [at[part] for part in (("rujukan", begun[1]), ("berakhir", begun[1])) if part in at]
        if counts[at[begun]] == counts[parts].sum():
            yield at[begun], parts


def _wholes(combination: Combination) -> list[Combination]:
    """The combinations whose counts are sums of counts of this one."""
    found = [tuple(d for d in combination if d != by) for by in combination]
    if "desa" in combination:
        found.append(tuple(sorted("kabupaten" if d == "desa" else d for d in combination)))
    return found


def key(measure: str, **named: object) -> Key:
    """The key of a count.

    >>> key("rujukan", kategori="08", desa="16.10.05.2036")
    ('rujukan', ('desa', '16.10.05.2036'), ('kategori', '08'))
    """
    return (measure, *sorted(named.items()))


def _at(frame: pd.DataFrame) -> pd.DataFrame:
    """With `desa` and `kabupaten`; what is of no known village is of none."""
    placed = frame[frame["kode_desa"].notna()]
    villages = placed["kode_desa"].astype("category")
    of_village, kabupaten = pd.factorize(villages.cat.categories.str[:REGENCY_LENGTH])
    codes = of_village[villages.cat.codes] if len(kabupaten) else of_village
    return placed.assign(desa=villages, kabupaten=pd.Categorical.from_codes(codes, kabupaten))


def _referred(sources: Sources) -> pd.DataFrame:
    referred = _at(sources.referrals).rename(columns={"directorate": "direktorat"})
    answer = referred["referral_id"].map(sources.answers.set_index("referral_id")["status"]).astype("str")
    sealed = referred["kode_pmks"].isin(restricted_categories())
    return referred.assign(
        status=answer.fillna(UNANSWERED).replace(dict.fromkeys(MET, MET_STATE)),
        kategori=referred["kode_pmks"].mask(sealed, RESTRICTED),
        sejak=_months(referred["since"]),
        daftar=referred["tercatat_pada_daftar_terbaru"].astype(bool).map({True: "terbaru", False: "lama"}),
    )


def _events(history: pd.DataFrame, moment: str, other: str) -> pd.DataFrame:
    """When referrals began (`valid_from`) or ended (`valid_to`), one row each, by month (`bulan`) and why (`sebab`). A
    referral whose facts changed at that moment did neither."""
    happened = history[moment].notna().to_numpy()
    others = history.loc[history[other].notna(), ["referral_id", other]]
    goes_on = happened & is_one_of(history["referral_id"], others["referral_id"])
    candidates = pd.MultiIndex.from_frame(history.loc[goes_on, ["referral_id", moment]])
    goes_on[goes_on] = candidates.isin(pd.MultiIndex.from_frame(others))
    events = _at(history[happened & ~goes_on].rename(columns={"directorate": "direktorat"}))
    return events.assign(bulan=_months(events[moment]), sebab=events["ended_because"].map(in_words, na_action="ignore"))


def _months(moments: pd.Series) -> pd.Series:
    """The month of each moment, such as `2025-07`; of hundreds of thousands there are a few."""
    codes, months = pd.factorize(moments.to_numpy("datetime64[M]"))
    return pd.Series(pd.Categorical.from_codes(codes, pd.Index(months.astype(str), dtype="str")), moments.index)


def _shared(overlap: pd.DataFrame) -> pd.DataFrame:
    homes = _at(overlap[overlap["tingkat"] == "rumah tangga"])
    return homes.assign(bersama=homes["direktorat"].map(JOINED.join))


def _listed(records: pd.DataFrame) -> pd.DataFrame:
    return _at(records.drop_duplicates(["person_id", "kode_desa", "periode"]))


def _rows(sources: Sources) -> pd.DataFrame:
    parts = {"diterima": sources.records, "karantina": sources.quarantined}
    columns = ["kode_desa", "nik_status"]
    return _at(pd.concat([frame.reindex(columns=columns).assign(mutu=name) for name, frame in parts.items()]))
