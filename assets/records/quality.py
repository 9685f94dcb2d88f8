"""How good each village's lists are, and where a village's numbers jump from one period to the next.

Counts and shares only, by village: nothing here can be traced to a person.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from validation.categories import of_group
from validation.periods import period_ends

KEY = ["kode_desa", "periode"]
LIST, ROW = ["submission_id"], ["submission_id", "sheet", "row"]
MEASURED = [*LIST, *KEY, "group", "measure", "count", "base"]
ACCEPTED = "accepted"
"""The kind of rows (group `baris`) that are accepted."""
COLUMNS = [*KEY, "group", "measure", "count", "base", "share"]
CHANGES = [*COLUMNS, "previous_period", "previous_share", "previous_base", "difference", "band", "jumps"]
Numbers = np.ndarray[Any, np.dtype[np.int64]]
_BETWEEN = "\x1f"
"""Between what a place is known by: no code, period or hash has it."""
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


def measured(accepted: pd.DataFrame, quarantined: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    """Count completeness by field, NIK and KK status, quarantine and findings by kind, list by list.

    Comes in: the records, quarantined rows and findings of some lists (`docs/lake.md`). Goes out: one row a list,
    village, period, group and measure (`MEASURED`), sorted by them; rows that were not accepted count under an empty
    village and period. So what lists hold adds up, whichever of them count. Never holds a value of a list.
    """
    rows = pd.concat([accepted[[*ROW, *KEY]].assign(outcome=ACCEPTED), quarantined[ROW].assign(outcome="quarantined")])
    rows[KEY] = rows[KEY].astype("str").fillna("")
    placed, of_rows = _places(accepted), _places(rows)
    parts = [
        _by_kind("baris", of_rows, rows["outcome"]),
        _completeness(accepted, placed),
        _by_kind("nik", placed, accepted["nik_status"]),
        _by_kind("kk", placed, accepted["kk_status"]),
        _findings(findings, rows, of_rows),
    ]
    table = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)[MEASURED]
    return table.astype({"base": "Int64"}).sort_values(MEASURED[:5], ignore_index=True)


class _Places(NamedTuple):
    """`known`: each list, village and period once (`LIST`, `KEY`). `of_rows`: which of them each row is of, by its
    number there; -1 where the village or the period is not known."""

    known: pd.DataFrame
    of_rows: Numbers


def _places(rows: pd.DataFrame) -> _Places:
    known = pc.binary_join_element_wise(*(_texts(rows[name]) for name in (*LIST, *KEY)), _BETWEEN).dictionary_encode()
    keys = [key.split(_BETWEEN) for key in known.dictionary.to_pylist()]
    return _Places(pd.DataFrame(keys, columns=[*LIST, *KEY], dtype="str"), _numbers(known))


def _texts(column: pd.Series) -> pa.Array:
    texts = pa.array(column.astype("str"), pa.string(), from_pandas=True)
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def _numbers(encoded: pa.DictionaryArray) -> Numbers:
    """The number of each value among the distinct ones; -1 for what is missing."""
    return np.asarray(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)


def _by_kind(group: str, places: _Places, kind: pd.Series) -> pd.DataFrame:
    """Count rows by list, village, period and kind."""
    kinds = _texts(kind).dictionary_encode()
    of_kind = _numbers(kinds)
    pairs = (places.of_rows * max(len(kinds.dictionary), 1) + of_kind)[(places.of_rows >= 0) & (of_kind >= 0)]
    found, counts = np.unique(pairs, return_counts=True)
    place, number = np.divmod(found, max(len(kinds.dictionary), 1))
    measures = np.array(kinds.dictionary.to_pylist(), dtype="object")[number]
    return places.known.take(place).assign(measure=measures, count=counts, group=group, base=None)


def _completeness(accepted: pd.DataFrame, places: _Places) -> pd.DataFrame:
    """How many rows of each list, village and period state a field, of those that are to."""
    disabled = accepted["kode_pmks"].map(lambda codes: not of_group("disabilitas").isdisjoint(codes)).to_numpy(bool)
    fields = declared().query("group == 'kelengkapan'")
    bases: list[Numbers] = []
    counts: list[Numbers] = []
    for measure, of in zip(fields["measure"], fields["of"], strict=True):
        counting = (places.of_rows >= 0) & (disabled if of == "disabled" else True)
        stated = (accepted[measure].notna() & (accepted[measure] != "").fillna(value=True)).to_numpy(bool)
        for some, sums in ((counting, bases), (counting & stated, counts)):
            sums.append(np.bincount(places.of_rows[some], minlength=len(places.known)))
    base, count = np.concatenate(bases), np.concatenate(counts)
    there = base > 0
    measures = np.repeat(fields["measure"].to_numpy(), len(places.known))
    place = np.tile(np.arange(len(places.known)), len(fields))
    table = places.known.take(place[there])
    return table.assign(measure=measures[there], count=count[there], group="kelengkapan", base=base[there])


def _findings(findings: pd.DataFrame, rows: pd.DataFrame, places: _Places) -> pd.DataFrame:
    """Rows with at least one finding of each code; what concerns no single row is not counted."""
    on_rows = findings.dropna(subset=["row"])[[*ROW, "code"]].drop_duplicates().astype({"row": "Int64"})
    where = rows[ROW].astype({"row": "Int64"}).assign(place=places.of_rows)
    placed = on_rows.merge(where, on=ROW)
    return _by_kind("temuan", places._replace(of_rows=placed["place"].to_numpy(np.int64)), placed["code"])


def quality_tables(lists: pd.DataFrame, submissions: pd.DataFrame) -> QualityTables:
    """Add up what was measured of the lists that count (`MEASURED`), and compare each village with its period before.

    `submissions` gives the village and period of rows that were not accepted (`submission_id`, `kode_desa`, `periode`);
    rows whose village nobody knows count under an empty code. Shares are of the rows named in `quality_measures.csv`
    (`of`); a measure with no such rows is left out.
    """
    of_list = lists[LIST].merge(submissions[[*LIST, *KEY]], on=LIST, how="left")
    unplaced = (lists["kode_desa"] == "").to_numpy()
    where = {name: lists[name].astype("str").mask(unplaced, of_list[name].fillna("").to_numpy()) for name in KEY}
    counted = lists[["group", "measure", "count", "base"]].astype({"group": "str", "measure": "str"}).assign(**where)
    measures = counted.groupby([*KEY, "group", "measure"], as_index=False)[["count", "base"]].sum()
    rows = counted[counted["group"] == "baris"]
    of = measures["group"].map(declared().query("measure == '*'").set_index("group")["of"])
    for name, all_of_them in (("rows", rows), ("accepted", rows[rows["measure"] == ACCEPTED])):
        sums = all_of_them.groupby(KEY, as_index=False)["count"].sum()
        base = measures[KEY].merge(sums, on=KEY, how="left")["count"]
        measures["base"] = measures["base"].mask(of == name, base)
    measures = measures.astype({"count": "int64", "base": "int64"})
    measures["share"] = measures["count"] / measures["base"]
    return QualityTables(measures[COLUMNS], _changes(measures))


def _changes(measures: pd.DataFrame) -> pd.DataFrame:
    """Each measure against that of the village's period before; a kind that was not there then had a share of 0."""
    known = measures.assign(of=measures["measure"].where(measures["group"] == "kelengkapan", "*"))
    bases = known[[*KEY, "group", "of", "base"]].drop_duplicates()
    kinds = known[["kode_desa", "group", "of", "measure"]].drop_duplicates()
    table = bases.merge(kinds, on=["kode_desa", "group", "of"])
    table = table.merge(measures.drop(columns="base"), on=[*KEY, "group", "measure"], how="left")
    table[["count", "share"]] = table[["count", "share"]].fillna(0)
    table = table.assign(end=period_ends(table["periode"])).sort_values("end", kind="stable")
    before = table.groupby(["kode_desa", "group", "measure"])[["periode", "share", "base"]].shift()
    table[["previous_period", "previous_share", "previous_base"]] = before
    table = table.dropna(subset=["previous_period"]).astype({"count": "int64", "previous_base": "int64"})
    table["difference"] = table["share"] - table["previous_share"]
    table["band"] = _band(table)
    return _with_jumps(table)[CHANGES].sort_values([*KEY, "group", "measure"], ignore_index=True)


def _band(table: pd.DataFrame) -> pd.Series:
    """The declared band, or what chance alone may do between lists of these sizes, whichever is wider."""
    named = declared()[["group", "measure", "band"]].rename(columns={"measure": "of"})
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
