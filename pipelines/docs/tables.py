"""`docs/warehouse.md`: every table and column of the warehouse, read off a warehouse made from an empty lake.

`python -m pipelines.docs.tables` writes it anew.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from warehouse.connection import opened
from warehouse.files import write_whole
from warehouse.lake import Lake
from warehouse.projection import NOT_PROJECTED, PROJECTION, STAGE_OF, declared_of, project

PAGE = Path(__file__).parents[2] / "docs" / "warehouse.md"
TITLE = """\
# The tables of the warehouse

`warehouse.duckdb` in the data home. It is made from the lake by the asset `publications/warehouse` and by nobody else:
all tables change in one transaction. The same descriptions stand in the file itself, as comments.
This page is made from `warehouse/tables.yml` and `warehouse/sql/`; do not edit it by hand (`make docs`).

Identifiers are text. Times are UTC. A village is named by its dotted Kemendagri code, `16.10.05.2036`.
`referrals.as_of(TIMESTAMP '2026-01-31')` is a table function: the referrals of all directorates as they stood then.
"""

Columns = dict[str, list[tuple[str, str]]]


def reference() -> str:
    """The page as Markdown: for each schema its tables, for each table its key, its origin, and its columns."""
    present = _columns()
    lines = [TITLE]
    schema = ""
    for name in (*PROJECTION, *NOT_PROJECTED):
        if name.split(".")[0] != schema:
            schema = name.split(".")[0]
            lines += [f"## {schema}", ""]
        lines += [*_table(name, present[name]), ""]
    return "\n".join(lines).rstrip() + "\n"


def _columns() -> Columns:
    """Name and type of the columns of every table and view, by `schema.table`, in order."""
    found: Columns = {}
    with tempfile.TemporaryDirectory(prefix="pmks-reference-") as folder:
        target = Path(folder) / "warehouse.duckdb"
        project(Lake(Path(folder) / "lake"), target)
        with opened(target, read_only=True) as con:
            for table, column, kind in con.execute(
                "SELECT schema_name || '.' || table_name, column_name, data_type FROM duckdb_columns() "
                "WHERE NOT internal AND schema_name <> 'main' ORDER BY 1, column_index"
            ).fetchall():
                found.setdefault(table, []).append((column, kind))
    return found


def _table(name: str, present: list[tuple[str, str]]) -> Iterator[str]:
    declared = declared_of(name)
    descriptions = {column.name: column.description for column in declared.columns}
    names = {column for column, _ in present}
    yield f"### {name}"
    yield f"{declared.description}"
    yield ""
    key = [column for column in declared.key if column in names]
    yield f"Key: {', '.join(f'`{column}`' for column in key) if key else 'none, rows may repeat'}. {_origin(name)}"
    yield ""
    yield "| column | type | what it holds |"
    yield "| --- | --- | --- |"
    for column, kind in present:
        yield f"| `{column}` | {kind} | {descriptions[column].replace('|', chr(92) + '|')} |"
    if declared.open:
        yield ""
        yield f"Further columns: {declared.open}."


def _origin(name: str) -> str:
    if name not in PROJECTION:
        return "Made by the projection itself."
    sources = PROJECTION[name]
    stages = dict.fromkeys(STAGE_OF[source] for source in sources)
    return (
        f"Lake tables: {', '.join(f'`{source}`' for source in sources)}, "
        f"written by the stage{'s' if len(stages) > 1 else ''} {', '.join(f'`{stage}`' for stage in stages)}."
    )


if __name__ == "__main__":
    write_whole(PAGE, reference().encode())
    PAGE.chmod(0o644)
