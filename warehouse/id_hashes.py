"""Ids as numbers: beside `person_id` stands `person_hash`, and so on.

A column of ids takes several times as long to look through as one of numbers, and there is no index. Both who makes
the columns and who looks for an id ask DuckDB for `hash_of(id)`.
"""

from __future__ import annotations

import duckdb

BITS = 48
"""That one of the hundred people of a list shares a number with another of a million has odds of one in a
million. Who looks for one id compares the id, too."""


def make_hash_of(con: duckdb.DuckDBPyConnection) -> None:
    """Let statements of this connection say `hash_of(id)`."""
    con.execute(
        f"CREATE OR REPLACE TEMP MACRO hash_of(id) AS CAST(md5_number_lower(id) & {2**BITS - 1} AS BIGINT)"
    ).fetchall()
