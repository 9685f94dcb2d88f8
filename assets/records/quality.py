"""How good each village's lists are, and where a village's numbers jump from one period to the next.

Counts and shares only, by village: nothing here can be traced to a person.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assets.records.cells import Coded, Column, Mask, Numbers, Rows, by_value, coded, in_arrow, same_rows, strings
from validation.categories import of_group
from validation.periods import period_ends

KEY = ["kode_desa", "periode"]
LIST = ["submission_id"]
MEASURED = [*LIST, *KEY, "group", "measure", "count", "base"]
ACCEPTED = "accepted"
"""The kind of rows (group `baris`) that are accepted."""
COLUMNS = [*KEY, "group", "measure", "count", "base", "share"]
CHANGES = [*COLUMNS, "previous_period", "previous_share", "previous_base", "difference", "band", "jumps"]
ROW_RATIO = 2.0
"""A village's number of rows jumps when it more than doubles or halves."""
_CHANCE = 3.0
"""Standard errors within which a difference between two lists may be chance."""


@dataclass(frozen=True)
class QualityTables:
    """`measures`: one row a village, period, group and measure (`COLUMNS`). `changes`: the same against the village's
    period before (`CHANGES`), for those that have one; `jumps` says that the difference is beyond the band."""

    measures: pd.DataFrame
    changes: pd.DataFrame


@cache
def declared() -> pd.DataFrame:
    """What is measured and which change of a share is still usual, from `quality_measures.csv`."""
    return pd.read_csv(Path(__file__).parent / "quality_measures.csv")


@cache
def _fields() -> list[tuple[str, str]]:
    """The fields that are to be stated, and of which rows."""
    fields = declared().query("group == 'kelengkapan'")
    return list(zip(fields["measure"], fields["of"], strict=True))


def measured(accepted: Rows, quarantined: Rows, findings: Rows) -> pa.Table:
    """Count completeness by field, NIK and KK status, quarantine and findings by kind, list by list.

    Comes in: the records, quarantined rows and findings of some lists (`docs/lake.md`). Goes out: one row a list,
    village, period, group and measure (`MEASURED`), sorted by them; rows that were not accepted count under an empty
    village and period. So what lists hold adds up, whichever of them count. Never holds a value of a list.
    """
    here = np.arange(len(accepted) + len(quarantined))
    lists = coded(accepted["submission_id"], quarantined["submission_id"])
    places = by_value(_place, lists, *(_with_blanks(coded(accepted[name]), len(here)) for name in KEY))
    known = places.mask(all)[: len(accepted)]
    placed = places.taken(np.flatnonzero(known))
    parts = [
        _by_kind("baris", places, Coded([ACCEPTED, "quarantined"], (here >= len(accepted)).astype(np.int32))),
        *_completeness(accepted, places, known),
        _by_kind("nik", placed, coded(accepted["nik_status"]).taken(np.flatnonzero(known))),
        _by_kind("kk", placed, coded(accepted["kk_status"]).taken(np.flatnonzero(known))),
        _findings(coded(findings["code"]), same_rows(accepted, quarantined, findings), places),
    ]
    return _table(places.values, parts)


Place = tuple[str, str, str]
"""A list, a village and a period."""


def _place(*of: str) -> Place:
    submission, village, period = of
    return submission, village, period


def _with_blanks(column: Coded[str], size: int) -> Coded[str]:
    """A column with empty texts below it, up to a size."""
    blank = np.full(size - len(column.codes), len(column.values), dtype=np.int32)
    return Coded([*column.values, ""], np.concatenate([column.codes, blank]))


class _Counts(NamedTuple):
    """Counts of rows: of each its place and its kind, as positions among the places and in `kinds` (group and measure).

    `base`: of how many rows; -1: of those that the group `baris` counts.
    """

    kinds: list[tuple[str, str]]
    place: Numbers
    kind: Numbers
    rows: Numbers
    base: Numbers


def _table(places: Sequence[Place], parts: list[_Counts]) -> pa.Table:
    """Counts as a table (`MEASURED`), sorted."""
    kinds = [kind for part in parts for kind in part.kinds]
    starts = np.cumsum([0, *(len(part.kinds) for part in parts)])
    kind = np.concatenate([part.kind + start for part, start in zip(parts, starts[:-1], strict=True)])
    place, rows, base = (np.concatenate([getattr(part, of) for part in parts]) for of in ("place", "rows", "base"))
    order = np.lexsort((_ranks(kinds)[kind], _ranks(places)[place]))
    named = [Coded([of[at] for of in places], place[order]) for at in range(3)]
    named += [Coded([of[at] for of in kinds], kind[order]) for at in range(2)]
    numbers = pa.array(rows[order]), pa.array(base[order], mask=base[order] < 0)
    return pa.table([*map(strings, named), *numbers], names=MEASURED)


def _ranks(values: Sequence[Any]) -> Numbers:
    """The position of each value among the sorted ones."""
    ranks = np.empty(len(values), dtype=np.int64)
    ranks[sorted(range(len(values)), key=values.__getitem__)] = np.arange(len(values))
    return ranks


def _by_kind(group: str, places: Coded[Place], kinds: Coded[str]) -> _Counts:
    """Count rows by place and kind."""
    many = max(len(kinds.values), 1)
    pairs, rows = np.unique(places.codes.astype(np.int64) * many + kinds.codes, return_counts=True)
    return _Counts([(group, kind) for kind in kinds.values], pairs // many, pairs % many, rows, np.full(len(rows), -1))


def _completeness(accepted: Rows, places: Coded[Place], known: Mask) -> Iterator[_Counts]:
    """How many rows of each list, village and period state a field, of those that are to."""
    place = places.codes[: len(accepted)]
    disabled = _with_one_of(accepted["kode_pmks"], of_group("disabilitas"))
    for measure, of in _fields():
        asked = known & disabled if of == "disabled" else known
        stated = asked & _stated(accepted[measure])
        base, rows = (np.bincount(place[some], minlength=len(places.values)) for some in (asked, stated))
        there = np.flatnonzero(base)
        yield _Counts([("kelengkapan", measure)], there, np.zeros_like(there), rows[there], base[there])


def _with_one_of(lists: Column, codes: Collection[str]) -> Mask:
    """The rows whose list has one of the codes."""
    held = in_arrow(lists).cast(pa.list_(pa.string()))
    rows = np.zeros(len(held), dtype=bool)
    found = pc.is_in(pc.list_flatten(held), value_set=pa.array(codes, pa.string()))
    rows[pc.list_parent_indices(held).filter(found).to_numpy()] = True
    return rows


def _stated(column: Column) -> Mask:
    """The rows in which a column says something."""
    held = in_arrow(column)
    values = held.dictionary_decode() if pa.types.is_dictionary(held.type) else held
    texts = pa.types.is_string(values.type) or pa.types.is_large_string(values.type)
    said = pc.fill_null(pc.not_equal(values, ""), fill_value=False) if texts else values.is_valid()
    return np.asarray(said.to_numpy(zero_copy_only=False), dtype=bool)


def _findings(codes: Coded[str], rows: Numbers, places: Coded[Place]) -> _Counts:
    """Rows with at least one finding of each code; what concerns no single row is not counted.

    `rows`: which row is meant, equal numbers for the same: of the rows that have a place, and behind them of findings.
    """
    row_of = np.full(int(rows.max(initial=-1)) + 1, -1)
    row_of[rows[: len(places.codes)]] = np.arange(len(places.codes))
    row = row_of[rows[len(places.codes) :]]
    on_rows, many = np.flatnonzero(row >= 0), max(len(codes.values), 1)
    pairs = np.unique(row[on_rows] * many + codes.codes[on_rows])
    return _by_kind("temuan", places.taken(pairs // many), Coded(codes.values, pairs % many))


def quality_tables(lists: pd.DataFrame, submissions: pd.DataFrame) -> QualityTables:
    """Add up what was measured of the lists that count (`MEASURED`), and compare each village with its period before.

    `submissions` gives the village and period of rows that were not accepted (`submission_id`, `kode_desa`, `periode`);
    rows whose village nobody knows count under an empty code. Shares are of the rows named in `quality_measures.csv`
    (`of`); a measure with no such rows is left out.
    """
    counted = _with_places(lists, submissions)
    measures = counted.groupby([*KEY, "group", "measure"], as_index=False, observed=True)[["count", "base"]].sum()
    rows = counted[counted["group"] == "baris"]
    of = measures["group"].astype("object").map(declared().query("measure == '*'").set_index("group")["of"])
    for name, all_of_them in (("rows", rows), ("accepted", rows[rows["measure"] == ACCEPTED])):
        sums = all_of_them.groupby(KEY, as_index=False, observed=True)["count"].sum()
        base = measures[KEY].merge(sums, on=KEY, how="left")["count"]
        measures["base"] = measures["base"].mask(of == name, base)
    measures = measures.astype({"count": "int64", "base": "int64"})
    measures["share"] = measures["count"] / measures["base"]
    return QualityTables(_in_texts(measures[COLUMNS]), _in_texts(_changes(measures)))


def _in_texts(frame: pd.DataFrame) -> pd.DataFrame:
    """The same with texts in place of categories."""
    return frame.astype(dict.fromkeys(frame.select_dtypes("category").columns, "str"))


_EVERY = "*"
"""Stands for every measure of a group."""


def _with_places(lists: pd.DataFrame, submissions: pd.DataFrame) -> pd.DataFrame:
    """What was measured, where rows without a village have village and period of their submission. Texts are categories
    in their order, which are put together and compared by their numbers."""
    unplaced = (lists["kode_desa"] == "").to_numpy()
    of_lists = lists.loc[unplaced, LIST].astype("str").merge(submissions[[*LIST, *KEY]], on=LIST, how="left")
    others = {name: of_lists[name].fillna("").to_numpy() for name in KEY} | {"group": [], "measure": [_EVERY]}
    counted = lists[["count", "base"]].copy()
    for name, more in others.items():
        held = lists[name].astype("category")
        values = pd.Index(sorted({*held.cat.categories, *more}), dtype="str")
        kind = pd.CategoricalDtype(values, ordered=True)  # one without an order, of the same values, changes no number
        counted[name] = held.astype(kind)
    for name in KEY:
        counted.loc[unplaced, name] = others[name]
    return counted


def _changes(measures: pd.DataFrame) -> pd.DataFrame:
    """Each measure against that of the village's period before; a kind that was not there then had a share of 0."""
    known = measures.assign(of=measures["measure"].where(measures["group"] == "kelengkapan", _EVERY))
    bases = known[[*KEY, "group", "of", "base"]].drop_duplicates()
    kinds = known[["kode_desa", "group", "of", "measure"]].drop_duplicates()
    table = bases.merge(kinds, on=["kode_desa", "group", "of"])
    table = table.merge(measures.drop(columns="base"), on=[*KEY, "group", "measure"], how="left")
    table[["count", "share"]] = table[["count", "share"]].fillna(0)
    table = table.assign(end=period_ends(table["periode"].astype("str"))).sort_values("end", kind="stable")
    before = table.groupby(["kode_desa", "group", "measure"], observed=True)[["periode", "share", "base"]].shift()
    table[["previous_period", "previous_share", "previous_base"]] = before
    table = table.dropna(subset=["previous_period"]).astype({"count": "int64", "previous_base": "int64"})
    table["difference"] = table["share"] - table["previous_share"]
    table["band"] = _band(table)
    return _with_jumps(table)[CHANGES].sort_values([*KEY, "group", "measure"], ignore_index=True)


def _band(table: pd.DataFrame) -> pd.Series:
    """The declared band, or what chance alone may do between lists of these sizes, whichever is wider."""
    named = declared()[["group", "measure", "band"]].rename(columns={"measure": "of"})
    there = named["group"].isin(table["group"].cat.categories) & named["of"].isin(table["of"].cat.categories)
    named = named[there].astype({name: table[name].dtype for name in ("group", "of")})
    usual = table[["group", "of"]].merge(named, on=["group", "of"], how="left")["band"].to_numpy(dtype=float)
    both = table["base"] + table["previous_base"]
    pooled = (table["share"] * table["base"] + table["previous_share"] * table["previous_base"]) / both
    error = np.sqrt(pooled * (1 - pooled) * (1 / table["base"] + 1 / table["previous_base"]))
    return pd.Series(np.maximum(usual, _CHANCE * error.to_numpy(dtype=float)), index=table.index)


def _with_jumps(table: pd.DataFrame) -> pd.DataFrame:
    """Mark what lies beyond its band, and villages whose number of rows is beyond `ROW_RATIO`."""
    ratio = np.maximum(table["base"] / table["previous_base"], table["previous_base"] / table["base"])
    beyond = table["difference"].abs() > table["band"]
    return table.assign(jumps=beyond | ((table["group"] == "baris") & (ratio > ROW_RATIO)))


def quality_markdown(tables: QualityTables, most: int = 15) -> str:
    """A page for the Dagster UI: completeness and NIK status over all villages, and the largest jumps (codes only)."""
    overall = tables.measures.groupby(["group", "measure"])[["count", "base"]].sum().reset_index()
    overall["share"] = overall["count"] / overall["base"]
    labels = declared().set_index(["group", "measure"])["label"]
    parts = []
    for group, title in (("kelengkapan", "Kelengkapan"), ("nik", "Keadaan NIK"), ("kk", "Keadaan No. KK")):
        part = overall[overall["group"] == group]
        names = [str(labels.get((group, measure), measure)) for measure in part["measure"]]
        parts.append(f"**{title}**\n\n{_picture(names, part['share'].tolist())}")
    jumps = tables.changes[tables.changes["jumps"]]
    worst = jumps.sort_values("difference", key=abs, ascending=False).head(most)
    lines = [
        f"| {r.kode_desa} | {r.previous_period} → {r.periode} | {r.group}: {r.measure} "
        f"| {r.previous_share:.0%} → {r.share:.0%} | {r.previous_base} → {r.base} |"
        for r in worst.itertuples()
    ]
    head = "| desa | periode | ukuran | bagian | baris |\n| --- | --- | --- | --- | --- |"
    parts.append(f"**Lonjakan: {len(jumps)}**\n\n" + ("\n".join([head, *lines]) if lines else "Tidak ada."))
    return "\n\n".join(parts)


def one_table(tables: QualityTables) -> pd.DataFrame:
    """Measures and changes as one table (`CHANGES`): every measure, and kinds that the period before had and this one
    has no more; what there is nothing to compare with has no previous values."""
    keys = [*KEY, "group", "measure"]
    compared = tables.measures[keys].merge(tables.changes[keys], how="left", indicator=True)["_merge"] == "both"
    first = tables.measures[~compared.to_numpy()]
    changes = tables.changes.astype({"jumps": "boolean", "previous_base": "Int64"})
    return pd.concat([changes, first.reindex(columns=CHANGES)]).sort_values(keys, ignore_index=True)


def tables_of(quality: pd.DataFrame) -> QualityTables:
    """Measures and changes out of the one table `quality` in which the lake holds both."""
    changes = quality.dropna(subset=["previous_period"]).astype({"jumps": "bool"})
    return QualityTables(quality[COLUMNS], changes[CHANGES].reset_index(drop=True))


def _picture(labels: list[str], shares: list[float]) -> str:
    """Horizontal bars as an SVG picture in Markdown."""
    bars = []
    for at, (label, share) in enumerate(zip(labels, shares, strict=True)):
        y = 18 * at
        bars.append(
            f'<text x="0" y="{y + 12}">{escape(label)}</text>'
            f'<rect x="250" y="{y + 2}" width="200" height="12" fill="#e8ecf1"/>'
            f'<rect x="250" y="{y + 2}" width="{200 * share:.0f}" height="12" fill="#2f6fb0"/>'
            f'<text x="458" y="{y + 12}">{share:.1%}</text>'
        )
    size = f'width="520" height="{18 * len(bars) + 4}"'
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="11">{"".join(bars)}</svg>'
    )
    return f"![](data:image/svg+xml;base64,{b64encode(svg.encode()).decode()})"
