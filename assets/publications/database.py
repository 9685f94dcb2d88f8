"""`rujukan.duckdb`: a directorate's list as tables, and views that answer what officers ask of it."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import yaml

from assets.publications.changes import Changes
from assets.publications.recaps import kabupaten_in
from validation.regions import REGENCY_LENGTH
from warehouse.connection import is_mostly_deleted, literal, opened

_ENDED = (
    "referral_id", "kode_desa", "desa", "nama", "kode_pmks", "kategori", "tujuan", "valid_to", "alasan_berakhir",
)  # fmt: skip
"""What is told of a referral that has ended: no number, and no id but its own."""


@cache
def contents() -> dict[str, Any]:
    """The tables and views, from `referral_views.yml`."""
    text = (Path(__file__).parent / "referral_views.yml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return loaded


class Written(NamedTuple):
    """A database that was written before. `kabupaten`: the codes of those whose rows it says as they are now."""

    path: Path
    kabupaten: Collection[str]


def write_database(
    path: Path, table: pa.Table, changed: Changes, about: Mapping[str, str], before: Written | None = None
) -> None:
    """Write the database of one directorate, with a comment on every table, view and column.

    `table`: the published table, as `rujukan`; its fields carry their descriptions. `changed`: what is new (`baru`) and
    what has ended (`berakhir`, without names in restricted categories). `about`: key and value of `tentang`. `before`:
    in a copy of it only the rows of other kabupaten are replaced, which then stand behind all others. One from which
    too many rows were deleted is made anew.
    """
    described = {field.name: field.metadata[b"description"].decode() for field in table.schema} | contents()["columns"]
    if before is not None:
        shutil.copyfile(before.path, path)
        with _written_into(path) as con:
            _replace_rows(con, table, before.kabupaten)
            _write_changes(con, changed, about, described)
        with opened(path, read_only=True) as con:
            if not is_mostly_deleted(con, "rujukan"):
                return
        path.unlink()
    with _written_into(path) as con:
        _write_table(con, "rujukan", table, about, described)
        _write_changes(con, changed, about, described)
        for name, view in contents()["views"].items():
            con.execute(f"CREATE VIEW {name} AS {view['query']}").fetchall()
            _describe(con, "VIEW", name, view["about"], described | view.get("columns", {}))


@contextmanager
def _written_into(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection to the file for one transaction."""
    with opened(path, read_only=False) as con:
        con.execute("SET threads = 1").fetchall()  # several take twice the work for the same time
        con.execute("BEGIN").fetchall()  # else each statement waits for the disk
        yield con
        con.execute("COMMIT").fetchall()


def _replace_rows(con: duckdb.DuckDBPyConnection, table: pa.Table, kept: Collection[str]) -> None:
    """Replace the rows of all kabupaten but some by those of the table."""
    others = pc.invert(pc.is_in(kabupaten_in(table), pa.array(sorted(kept), pa.string())))
    con.register("kept", pa.table({"kabupaten": pa.array(sorted(kept), pa.string())}))
    con.execute(
        f"DELETE FROM rujukan WHERE coalesce(kode_desa, '')[:{REGENCY_LENGTH}] NOT IN (SELECT kabupaten FROM kept)"
    ).fetchall()
    con.unregister("kept")
    con.register("rows_to_write", table.filter(others))
    con.execute("INSERT INTO rujukan BY NAME SELECT * FROM rows_to_write").fetchall()
    con.unregister("rows_to_write")


def _write_changes(
    con: duckdb.DuckDBPyConnection, changed: Changes, about: Mapping[str, str], described: Mapping[str, str]
) -> None:
    """Write what is new, what has ended, and what the file says of itself."""
    baru = pd.DataFrame({"referral_id": sorted(changed.begun)}, dtype="str")
    texts = [name for name in _ENDED if name != "valid_to"]
    ended = changed.ended.reindex(columns=list(_ENDED)).astype(
        {**dict.fromkeys(texts, "str"), "valid_to": "datetime64[us]"}
    )
    _write_table(con, "baru", baru, about, described)
    _write_table(con, "berakhir", ended, about, described)
    con.execute("CREATE OR REPLACE TABLE tentang (kunci VARCHAR PRIMARY KEY, nilai VARCHAR)").fetchall()
    con.executemany("INSERT INTO tentang VALUES (?, ?)", [list(pair) for pair in about.items()])
    _describe(con, "TABLE", "tentang", contents()["tables"]["tentang"].format(**about), described)


def _write_table(
    con: duckdb.DuckDBPyConnection,
    name: str,
    rows: pa.Table | pd.DataFrame,
    about: Mapping[str, str],
    described: Mapping[str, str],
) -> None:
    con.register("rows_to_write", rows)
    con.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM rows_to_write").fetchall()
    con.unregister("rows_to_write")
    _describe(con, "TABLE", name, contents()["tables"][name].format(**about), described)


def _describe(con: duckdb.DuckDBPyConnection, kind: str, name: str, about: str, columns: Mapping[str, str]) -> None:
    said = [f"COMMENT ON {kind} {name} IS {literal(about)}"]
    for (column,) in con.execute(f"SELECT column_name FROM (DESCRIBE {name})").fetchall():
        if column not in columns:
            raise ValueError(f"{name}.{column} has no description: add it below columns in referral_views.yml")
        said.append(f"COMMENT ON COLUMN {name}.{column} IS {literal(columns[column])}")
    con.execute("; ".join(said)).fetchall()
