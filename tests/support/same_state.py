"""Whether two data homes hold the same state: `python -m tests.support.same_state BEFORE AFTER`.

A change of the code that should not change results is shown by it: run the same inbox before and after, then compare.
Every row of every table of BEFORE must stand in AFTER, ids included; what differs from run to run (`OF_THE_RUN`) is
left out. Tables and columns that only AFTER has are named, and count as no difference.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb

OF_THE_RUN = {
    "run_id", "run_id_from", "run_id_to", "received_at", "since", "valid_from", "valid_to", "at",
    "started_at", "finished_at", "started_by", "account", "program", "event_id", "code", "outputs", "inputs",
}  # fmt: skip
"""Columns that say when and by which run of which code a row was made."""

HOW_IT_WAS_MADE = "audit.projection"
"""The table that lists the others, with hashes of the code that made them."""
_COLUMNS = """
SELECT schema_name || '.' || table_name, list(column_name ORDER BY column_index) FROM duckdb_columns()
WHERE database_name = ? AND NOT internal AND schema_name <> 'main' GROUP BY 1 ORDER BY 1
"""


def differences(before: Path, after: Path, left_out: frozenset[str] = frozenset()) -> Iterator[str]:
    """A line for each table that differs: how many rows are only in one of the two warehouses. Never a value.

    `left_out`: further columns that are not compared.
    """
    with duckdb.connect() as con:
        for name, path in (("before", before), ("after", after)):
            con.execute(f"ATTACH '{path / 'warehouse.duckdb'}' AS {name} (READ_ONLY)").fetchall()
        there = dict(con.execute(_COLUMNS, ["after"]).fetchall())
        for table, columns in con.execute(_COLUMNS, ["before"]).fetchall():
            if table == HOW_IT_WAS_MADE:
                continue
            missing = [column for column in columns if column not in there.get(table, ())]
            if table not in there or missing:
                yield f"{table}: missing" + (f" column {', '.join(missing)}" if table in there else "")
                continue
            compared = ", ".join(f'"{column}"' for column in columns if column not in OF_THE_RUN | left_out)
            both = (("before", "after"), ("after", "before"))
            only = [
                con.execute(
                    f"SELECT count(*) FROM (SELECT {compared} FROM {a}.{table} EXCEPT ALL "
                    f"SELECT {compared} FROM {b}.{table})"
                ).fetchall()[0][0]
                for a, b in both
            ]
            if any(only):
                yield f"{table}: {only[0]} rows only before, {only[1]} only after"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    given = parser.parse_args()
    found = list(differences(given.before, given.after))
    sys.stdout.write("\n".join([*found, "different" if found else "the same state"]) + "\n")
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
