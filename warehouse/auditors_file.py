"""The auditors' file: every table of the warehouse, and the ledgers, in one DuckDB file that says of nobody who it is.

Danger: an auditor needs all tables to follow a referral, and a copy of them names everybody. Remedy: what is said of a
person is masked or left out by its declaration, unless the whole is asked for, which is logged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pyarrow as pa

from validation.declarations import Column
from warehouse.connection import opened
from warehouse.files import replacing
from warehouse.projection import NOT_PROJECTED, declared_of, describe, make_macros
from warehouse.tables import SCHEMAS, audited_forms, projection

HIDDEN, MASKED, WHOLE, YEAR = "hidden", "masked", "whole", "year"


def write_auditors_file(
    warehouse: Path, target: Path, ledgers: Mapping[str, tuple[str, pa.Table]], *, whole: bool
) -> None:
    """Write the file to `target`, atomically. `ledgers`: further tables by name, with what each is; as they are.

    Views stand in it as tables with what they show of the whole warehouse. `whole`: nothing is masked.
    """
    with replacing(target) as beside, opened(beside, read_only=False) as con:
        source = str(warehouse).replace("'", "''")
        con.execute(f"ATTACH '{source}' AS source (READ_ONLY)").fetchall()
        for schema in SCHEMAS:
            con.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}").fetchall()
        for name in (*projection(), *NOT_PROJECTED):
            listed = ", ".join(_shown(con, name, whole=whole))
            con.execute(f"CREATE TABLE {name} AS SELECT {listed} FROM source.{name}").fetchall()
            describe(con, name, "TABLE")
        for name, (text, table) in ledgers.items():
            con.register("ledger", table)
            con.execute(f"CREATE TABLE {name} AS SELECT * FROM ledger").fetchall()
            con.unregister("ledger")
            said = text.replace("'", "''")
            con.execute(f"COMMENT ON TABLE {name} IS '{said}'").fetchall()
        make_macros(con)
        con.execute("DETACH source").fetchall()


def form_of(column: Column) -> str:
    """How the file has a column: `whole`, `masked` (ends of a number), `year` (of a date) or `hidden` (null).

    Whole is what is not said of a person, what is one of few values, and what directorates see even of restricted
    categories; the forms of others stand in `_shared.yml`. A column of which nothing says so is hidden.
    """
    plain = column.audience != "sensitif" or column.values is not None or column.type in ("BOOLEAN", "BIGINT")
    if plain or column.published.get("sealed") == WHOLE:
        return WHOLE
    return audited_forms().get(column.name, HIDDEN)


def _shown(con: duckdb.DuckDBPyConnection, name: str, *, whole: bool) -> Iterator[str]:
    forms = {column.name: form_of(column) for column in declared_of(name).columns}
    for column, kind, *_ in con.execute(f"DESCRIBE source.{name}").fetchall():
        quoted = f'"{column}"'
        form = WHOLE if whole else forms.get(column, WHOLE)
        yield quoted if form == WHOLE else f"{_FORMS[form].format(column=quoted, kind=kind)} AS {quoted}"


_FORMS = {
    HIDDEN: "NULL::{kind}",
    MASKED: "CASE WHEN length({column}) >= 12 THEN left({column}, 4) || repeat('•', length({column}) - 8) || "
    "right({column}, 4) ELSE repeat('•', length({column})) END",
    YEAR: "date_trunc('year', {column})::{kind}",
}
