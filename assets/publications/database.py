"""`rujukan.duckdb`: a directorate's list as tables, and views that answer what officers ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import yaml

from assets.publications.changes import Changes
from warehouse.connection import literal, opened

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


def write_database(path: Path, table: pa.Table, changed: Changes, about: Mapping[str, str]) -> None:
    """Write the database of one directorate, with a comment on every table, view and column.

    `table`: the published table, as `rujukan`; its fields carry their descriptions. `changed`: what is new (`baru`) and
    what has ended (`berakhir`, without names in restricted categories). `about`: key and value of `tentang`.
    """
    baru = pd.DataFrame({"referral_id": sorted(changed.begun)}, dtype="str")
    texts = [name for name in _ENDED if name != "valid_to"]
    ended = changed.ended.reindex(columns=list(_ENDED)).astype(
        {**dict.fromkeys(texts, "str"), "valid_to": "datetime64[us]"}
    )
    described = {field.name: field.metadata[b"description"].decode() for field in table.schema} | contents()["columns"]
    with opened(path, read_only=False) as con:
        con.execute("SET threads = 1").fetchall()  # several take twice the work for the same time
        con.execute("BEGIN").fetchall()  # else each statement waits for the disk
        for name, rows in (("rujukan", table), ("baru", baru), ("berakhir", ended)):
            con.register("rows_to_write", rows)
            con.execute(f"CREATE TABLE {name} AS SELECT * FROM rows_to_write").fetchall()
            con.unregister("rows_to_write")
        con.execute("CREATE TABLE tentang (kunci VARCHAR PRIMARY KEY, nilai VARCHAR)").fetchall()
        con.executemany("INSERT INTO tentang VALUES (?, ?)", [list(pair) for pair in about.items()])
        for name, text in contents()["tables"].items():
            _describe(con, "TABLE", name, text.format(**about), described)
        for name, view in contents()["views"].items():
            con.execute(f"CREATE VIEW {name} AS {view['query']}").fetchall()
            _describe(con, "VIEW", name, view["about"], described | view.get("columns", {}))
        con.execute("COMMIT").fetchall()


def _describe(con: duckdb.DuckDBPyConnection, kind: str, name: str, about: str, columns: Mapping[str, str]) -> None:
    said = [f"COMMENT ON {kind} {name} IS {literal(about)}"]
    for (column,) in con.execute(f"SELECT column_name FROM (DESCRIBE {name})").fetchall():
        if column not in columns:
            raise ValueError(f"{name}.{column} has no description: add it below columns in referral_views.yml")
        said.append(f"COMMENT ON COLUMN {name}.{column} IS {literal(columns[column])}")
    con.execute("; ".join(said)).fetchall()
