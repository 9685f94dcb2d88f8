"""What is asked of a published `rujukan.duckdb`: referrals by facet and search, one referral whole, what has ended.

Every function takes an open connection to the file and gives plain rows. Names of columns come from here alone; what
a reader typed is only ever a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import duckdb

from assets.publications.masks import masked

PAGE_ROWS = 50
FACET_VALUES = 15
FACETS = ("jawaban", "status", "kategori", "tujuan", "kabupaten", "desa", "tercatat_pada_daftar_terbaru")
"""The columns by which a list can be narrowed, in the order in which they are shown."""
MISSING = "(kosong)"
"""Stands in an address for a cell that is empty."""
_SHOWN = "referral_id, nama, umur, jenis_kelamin, nik, kategori, status, tujuan, desa, kecamatan, jawaban"
_ORDER = "kabupaten, kecamatan, desa, kode_desa, nama, kode_pmks, referral_id"
Row = dict[str, Any]


class Choice(NamedTuple):
    """One value of a facet, how many referrals it has beside what else is chosen, and whether it is chosen."""

    value: str
    rows: int
    chosen: bool


class Found(NamedTuple):
    """A page of a list: its rows, how many there are in all, and every facet's values."""

    rows: list[Row]
    of: int
    facets: dict[str, list[Choice]]


def found(con: duckdb.DuckDBPyConnection, chosen: Mapping[str, str], search: str, offset: int) -> Found:
    """The referrals that have the chosen value of each facet and fit the search, from row `offset` on.

    The search looks for a name or a part of it, a number of a referral, or a NIK: whole, or masked as it is shown.
    """
    where, values = _where(chosen, search)
    count = _rows(con, f"SELECT count(*) AS n FROM rujukan WHERE {where}", values)[0]["n"]
    page = f"SELECT {_SHOWN} FROM rujukan WHERE {where} ORDER BY {_ORDER} LIMIT {PAGE_ROWS} OFFSET ?"
    facets = {facet: _choices(con, facet, chosen, search) for facet in FACETS}
    return Found(_rows(con, page, [*values, offset]), int(count), facets)


def _choices(con: duckdb.DuckDBPyConnection, facet: str, chosen: Mapping[str, str], search: str) -> list[Choice]:
    where, values = _where({name: value for name, value in chosen.items() if name != facet}, search)
    counted = _rows(
        con,
        f"SELECT * FROM (SELECT coalesce({facet}::VARCHAR, '{MISSING}') AS value, count(*) AS n FROM rujukan "
        f"WHERE {where} GROUP BY ALL) ORDER BY value = ? DESC, n DESC, value LIMIT {FACET_VALUES}",
        [*values, chosen.get(facet, "")],
    )
    return [Choice(row["value"], row["n"], row["value"] == chosen.get(facet)) for row in counted]


def _where(chosen: Mapping[str, str], search: str) -> tuple[str, list[str]]:
    parts, values = ["true"], []
    for facet in FACETS:
        if facet in chosen:
            parts.append(f"coalesce({facet}::VARCHAR, '{MISSING}') = ?")
            values.append(chosen[facet])
    if search.strip():
        sought = search.strip()
        digits = re.sub(r"[\s.-]", "", sought)
        parts.append("(contains(upper(nama), upper(?)) OR referral_id = ? OR nik = ?)")
        values += [sought, sought, masked(digits) if digits.isdigit() else digits]
    return " AND ".join(parts), values


def referral(con: duckdb.DuckDBPyConnection, referral_id: str) -> Row | None:
    """All that the file says of one referral, or None where it has no such one."""
    rows = _rows(con, "SELECT * FROM rujukan WHERE referral_id = ?", [referral_id])
    return rows[0] if rows else None


def others_of(con: duckdb.DuckDBPyConnection, one: Row) -> list[Row]:
    """The other referrals of the same person or household, and the one that may be of the same household."""
    return _rows(
        con,
        f"SELECT {_SHOWN} FROM rujukan WHERE referral_id <> ? "
        f"AND (person_id = ? OR household_id = ? OR referral_id = ?) ORDER BY {_ORDER} LIMIT {PAGE_ROWS}",
        [one["referral_id"], one["person_id"], one["household_id"], one["mungkin_serumah_dengan"]],
    )


def is_new(con: duckdb.DuckDBPyConnection, referral_id: str) -> bool:
    """Whether the list before did not have it."""
    return bool(_rows(con, "SELECT 1 FROM baru WHERE referral_id = ?", [referral_id]))


def ended(con: duckdb.DuckDBPyConnection) -> list[Row]:
    """What the list before had and this one has not, with why."""
    return _rows(con, "SELECT * FROM v_berakhir", [])


def about(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What the file says of itself."""
    return {row["kunci"]: row["nilai"] for row in _rows(con, "SELECT kunci, nilai FROM tentang", [])}


def meanings(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What each column of the list means, in the order of the columns."""
    query = "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'rujukan' ORDER BY column_index"
    return {row["column_name"]: row["comment"] for row in _rows(con, query, [])}


def _rows(con: duckdb.DuckDBPyConnection, query: str, values: list[Any]) -> list[Row]:
    result = con.execute(query, values)
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
