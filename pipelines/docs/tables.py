"""`docs/warehouse.md` and `docs/lake.md`: every table and column, read off the declarations and an empty warehouse.

`python -m pipelines.docs.tables` writes both anew, and `docs/lineage.html` (`lineage.py`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipelines.docs.flow import title
from pipelines.docs.lineage import lineage_page
from pipelines.stages import STAGES
from warehouse.connection import opened
from warehouse.files import write_whole
from warehouse.lake import Lake
from warehouse.projection import NOT_PROJECTED, declared_of, project
from warehouse.tables import Column, Table, lake_tables, projection, tables

DOCS = Path(__file__).parents[2] / "docs"
TITLE = """\
# The tables of the warehouse

`warehouse.duckdb` in the data home. It is made from the lake by the asset `publications/warehouse` and by nobody else:
all tables change in one transaction. The same descriptions stand in the file itself, as comments.
This page is made from `warehouse/tables/` and `warehouse/sql/`; do not edit it by hand (`make docs`).

Identifiers are text. Times are UTC. A village is named by its dotted Kemendagri code, `16.10.05.2036`.
`referrals.as_of(TIMESTAMP '2026-01-31')` is a table function: the referrals of all directorates as they stood then.

Every table is checked against these declarations whenever a stage writes it; one that breaks them is not written.
Who may see a column: `publik` says nothing of one person, `operasional` leads to a person's row but does not say who it
is, `sensitif` is said of a person. The rule stands in `warehouse/tables/_shared.yml`.
"""

LAKE_TITLE = """\
# The tables of the lake

What each stage writes, as Parquet under `lake/` in the data home: the state from which [the warehouse](warehouse.md) is
made. This page is made from `warehouse/tables/`; do not edit it by hand (`make docs`). Who reads which table: [the
stages](stages.md). How a column is checked, and who may see it, as for the warehouse.
"""

MOST_VALUES = 12
"""Sets of values that are shorter than this stand beside each column; longer ones once, at the end."""

Columns = dict[str, list[tuple[str, str]]]


def reference() -> str:
    """The page as Markdown: for each schema its tables, for each table its key, its origin, and its columns."""
    present = _columns()
    lines = [TITLE]
    schema = ""
    for name in (*projection(), *NOT_PROJECTED):
        if name.split(".")[0] != schema:
            schema = name.split(".")[0]
            lines += [f"## {schema}", ""]
        lines += [*_table(name, present[name]), ""]
    lines += _shared(declared_of(name) for name in (*projection(), *NOT_PROJECTED))
    return "\n".join(lines).rstrip() + "\n"


def lake_reference() -> str:
    """The page of the lake as Markdown: for each stage, in the order of the flow, its tables and their columns."""
    lines = [LAKE_TITLE]
    for stage in STAGES:
        if stage.writes:
            lines += [f"## {stage.name}: {title(stage)}", ""]
        for name in stage.writes:
            lines += [*_table(name, [(column.name, column.type) for column in tables()[name].columns]), ""]
    lines += _shared(lake_tables().values())
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
    columns = {column.name: column for column in declared.columns}
    names = {column for column, _ in present}
    yield f"### {name}"
    yield f"{declared.description}"
    yield ""
    key = [column for column in declared.key if column in names]
    twice = " Kept twice: nothing could make it again." if declared.irreplaceable and name == declared.name else ""
    keyed = ", ".join(f"`{column}`" for column in key) if key else "none, rows may repeat"
    yield f"Key: {keyed}. {_origin(name)}{twice}"
    yield ""
    yield "| column | type | null | who may see it | what it holds | rules |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name, kind in present:
        column = columns[name]
        null = "yes" if column.nullable else "no"
        text = column.description.replace("|", "\\|")
        yield f"| `{name}` | {kind} | {null} | {column.audience} | {text} | {_rules(column)} |"
    if declared.open:
        yield ""
        yield f"Further columns: {declared.open}."


def _rules(column: Column) -> str:
    """What the values of a column must be, for a cell of the page."""
    said = dict(column.rules)
    if column.values and len(column.values.content) <= MOST_VALUES:
        said["values"] = ", ".join(f"`{value}`" for value in column.values.content)
    elif column.values:
        said["values"] = f"one of [{column.values.name}](#values-and-patterns)"
    if column.pattern:
        said["pattern"] = f"[{column.pattern.name}](#values-and-patterns)"
    if column.references:
        said["references"] = f"in `{'.'.join(column.references)}`"
    return "; ".join(said.values())


def _shared(declared: Iterable[Table]) -> Iterator[str]:
    """The longer sets of values and the patterns that columns of these tables name."""
    columns = [column for table in declared for column in table.columns]
    values = {c.values.name: c.values.content for c in columns if c.values and len(c.values.content) > MOST_VALUES}
    patterns = {c.pattern.name: c.pattern.pattern for c in columns if c.pattern}
    yield "## Values and patterns"
    yield "| name | what it allows |"
    yield "| --- | --- |"
    for name, texts in sorted(values.items()):
        yield f"| {name} | {', '.join(f'`{text}`' for text in texts)} |"
    for name, pattern in sorted(patterns.items()):
        yield f"| {name} | `{pattern.replace('|', chr(92) + '|')}` |"


def _origin(name: str) -> str:
    if name in lake_tables():
        copy = tables()[name].warehouse
        return f"In the warehouse: `{copy}`." if copy else "Not in the warehouse as it is."
    if name not in projection():
        return "Made by the projection itself."
    sources = projection()[name]
    stages = dict.fromkeys(tables()[source].stage for source in sources)
    return (
        f"Lake tables: {', '.join(f'`{source}`' for source in sources)}, "
        f"written by the stage{'s' if len(stages) > 1 else ''} {', '.join(f'`{stage}`' for stage in stages)}."
    )


if __name__ == "__main__":
    pages = {"lake.md": lake_reference, "warehouse.md": reference, "lineage.html": lineage_page}
    for name, text in ((name, page()) for name, page in pages.items()):
        write_whole(DOCS / name, text.encode())
        (DOCS / name).chmod(0o644)
