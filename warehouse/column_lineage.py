"""From which columns each column is made: of the lake, of the warehouse, and of what directorates receive.

Read off declarations alone: `column_sources.yml` for the tables of the lake; for copies in the warehouse, and for what
is published, the declarations of the tables and of the published columns.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from validation.directorates import directorates
from warehouse.tables import Table, lake_tables, tables

OUTSIDE = "outside"
"""Stands in the place of a table for what comes from none."""
PUBLISHED = "published.rujukan"
"""Stands for `rujukan` in the folder of each directorate."""
_ROOT = Path(__file__).parents[1]


class LineageError(ValueError):
    """A column without a source, or a source that is not there: it names both."""


class Edge(NamedTuple):
    """One source of one column. `how`: `copied`, or `made`: computed, chosen or looked up with it; of what is
    published `masked` and `pseudonym`, too."""

    table: str
    column: str
    source_table: str
    source_column: str
    how: str


@cache
def column_lineage() -> tuple[Edge, ...]:
    """Every source of every declared column, sorted. Raises `LineageError`."""
    written = _written()
    found = [edge for name, table in tables().items() for edge in _edges(name, table, written)]
    return tuple(sorted({*found, *_published()}))


def outside() -> dict[str, str]:
    """What comes from no table: name and description."""
    return dict(_written()["outside"])


@cache
def known_columns(table: str) -> tuple[str, ...]:
    """The columns of a lake or warehouse table, of `outside`, or of what is published, in order. Raises `LineageError`
    for another."""
    if table == OUTSIDE:
        return tuple(outside())
    if table == PUBLISHED:
        return tuple(row["column"] for row in _published_columns())
    found = tables().get(table) or next((each for each in lake_tables().values() if each.warehouse == table), None)
    if found is None:
        raise LineageError(f"no table is called {table}")
    return found.names


def _edges(name: str, table: Table, written: Mapping[str, Any]) -> Iterator[Edge]:
    if table.warehouse:
        yield from (Edge(table.warehouse, column, name, column, "copied") for column in table.names)
    said_of = written["tables"].get(name) or written["tables"].get(_common(name), {})
    entries = {key.strip(): said for keys, said in said_of.items() for key in keys.split(",")}
    unknown = {key for key in entries if key not in table.names and key != "*"}
    if unknown:
        raise LineageError(f"{name} has no {', '.join(sorted(unknown))}")
    for column in table.names:
        said = entries.get(column, entries.get("*"))
        given = written["sets"][said] if isinstance(said, str) else said
        sources = list(_named(column, given)) if given else _of_the_same_name(table, column)
        if not sources:
            raise LineageError(f"nothing says what {name}.{column} is made from (warehouse/column_sources.yml)")
        alone = len(sources) == 1 and sources[0][1] == column and "." in name
        yield from (Edge(name, column, *source, "copied" if alone else "made") for source in sources)


def _common(name: str) -> str:
    """What a table of one directorate is called where those of all are meant."""
    schema, _, table = name.partition(".")
    return f"{schema}.{{directorate}}" if table in directorates() else name


def _named(column: str, given: list[str]) -> Iterator[tuple[str, str]]:
    for each in given:
        table, _, name = each.rpartition(".")
        chosen = column if name == "*" else name
        if chosen not in known_columns(table):
            raise LineageError(f"{table} has no {chosen}")
        yield table, chosen


def _of_the_same_name(table: Table, column: str) -> list[tuple[str, str]]:
    return [(source, column) for source in table.sources if column in tables()[source].names]


def _published() -> Iterator[Edge]:
    """The columns of what each directorate receives, in the form in which its files have them."""
    for row in _published_columns():
        table, _, name = row["declared"].partition(".")
        (column,) = [each for each in tables()[table].columns if each.name == name]
        form = column.published.get("directorate", "whole")
        how = form if form != "whole" else "copied" if row["column"] == name else "made"
        yield Edge(PUBLISHED, row["column"], table, name, how)
    for column_name, given in _written()["published"].items():
        yield from (Edge(PUBLISHED, column_name, *source, "made") for source in _named(column_name, given))


@cache
def _published_columns() -> tuple[dict[str, str], ...]:
    with (_ROOT / "assets/publications/referral_columns.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


@cache
def _written() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(
        (Path(__file__).parent / "column_sources.yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
    )
    return loaded
