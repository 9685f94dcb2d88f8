"""How good each village's lists are, and where a village's numbers jump from one period to the next.

Counts and shares only, by village: nothing here can be traced to a person.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from validation.categories import of_group
from validation.periods import period_ends

KEY = ["kode_desa", "periode"]
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


def of_records() -> list[str]:
    """The columns of accepted records that are measured."""
    fields = declared().query("group == 'kelengkapan'")["measure"]
    named = ["record_id", "submission_id", "sheet", "row", *KEY, "nik_status", "kk_status", "kode_pmks", *fields]
    return list(dict.fromkeys(named))


def quality_tables(
    accepted: pd.DataFrame, quarantined: pd.DataFrame, findings: pd.DataFrame, submissions: pd.DataFrame
) -> QualityTables:
    """Measure completeness by field, NIK and KK status, quarantine and findings by kind, per village and period.

    Comes in: the rows of submissions in force, with the findings on them; `submissions` gives the village and period
    of rows that were not accepted (`submission_id`, `kode_desa`, `periode`); rows whose village nobody knows count
    under an empty code. Shares are of the rows named in `quality_measures.csv` (`of`); a measure with no such
    rows is left out. Never holds a value of a list.
    """
    rows = _rows(accepted, quarantined, submissions)
    parts = [
        _by_kind(rows, rows, "baris", rows["outcome"]),
        _completeness(accepted),
        _by_kind(accepted, accepted, "nik", accepted["nik_status"]),
        _by_kind(accepted, accepted, "kk", accepted["kk_status"]),
        _findings(findings, rows),
    ]
    measures = pd.concat(parts, ignore_index=True)[COLUMNS]
    measures = measures.sort_values([*KEY, "group", "measure"], ignore_index=True)
    return QualityTables(measures, _changes(measures))


def _rows(accepted: pd.DataFrame, quarantined: pd.DataFrame, submissions: pd.DataFrame) -> pd.DataFrame:
    """Every data row with its village, period and outcome."""
    where = ["submission_id", "sheet", "row"]
    counted = accepted[[*where, *KEY]].assign(outcome="accepted")
    placed = quarantined[where].merge(submissions[["submission_id", *KEY]], on="submission_id", how="left")
    rows = pd.concat([counted, placed.assign(outcome="quarantined")], ignore_index=True)
    rows[KEY] = rows[KEY].fillna("")
    return rows


def _by_kind(frame: pd.DataFrame, base: pd.DataFrame, group: str, kind: pd.Series) -> pd.DataFrame:
    """Count rows by village, period and kind, as a share of all rows of `base` there."""
    counts = frame[KEY].assign(measure=kind).dropna(subset=["measure"]).groupby([*KEY, "measure"]).size()
    table = counts.rename("count").reset_index()
    table = table.merge(base.groupby(KEY).size().rename("base").reset_index(), on=KEY)
    return table.assign(group=group, share=table["count"] / table["base"])


def _completeness(accepted: pd.DataFrame) -> pd.DataFrame:
    fields = declared().query("group == 'kelengkapan'")
    disabled = accepted["kode_pmks"].map(lambda codes: not of_group("disabilitas").isdisjoint(codes)).astype(bool)
    parts = []
    for of, part in fields.groupby("of"):
        base = accepted[disabled] if of == "disabled" else accepted
        names = part["measure"].tolist()
        filled = base[names].notna() & (base[names] != "").fillna(value=True)
        grouped = pd.concat([base[KEY], filled.astype(int)], axis=1).groupby(KEY)
        wide = grouped.sum().join(grouped.size().rename("base"))
        parts.append(wide.reset_index().melt([*KEY, "base"], var_name="measure", value_name="count"))
    table = pd.concat(parts, ignore_index=True)
    return table.assign(group="kelengkapan", share=table["count"] / table["base"])


def _findings(findings: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with at least one finding of each code; what concerns no single row is not counted."""
    where = ["submission_id", "sheet", "row"]
    on_rows = findings.dropna(subset=["row"])[[*where, "code"]].drop_duplicates()
    placed = on_rows.astype({"row": "Int64"}).merge(rows.astype({"row": "Int64"})[[*where, *KEY]], on=where)
    return _by_kind(placed, rows, "temuan", placed["code"])


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
