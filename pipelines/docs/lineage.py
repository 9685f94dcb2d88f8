"""`docs/lineage.html`: every column with what it is made from and what is made of it, each a link, in one page.

Made from the declarations; `python -m pipelines.docs.tables` writes it anew. It opens without a server.
"""

from __future__ import annotations

from typing import NamedTuple

from assets.templates import templates_beside
from pipelines.stages import STAGES
from warehouse.column_lineage import OUTSIDE, PUBLISHED, column_lineage, known_columns, outside
from warehouse.projection import NOT_PROJECTED, declared_of
from warehouse.tables import projection, tables


class Line(NamedTuple):
    """A column of the page: what it holds, its sources with how it is made of them, and the columns made of it."""

    id: str
    name: str
    text: str
    sources: list[tuple[str, str]]
    goals: list[str]


class Section(NamedTuple):
    """A table of the page."""

    name: str
    text: str
    lines: list[Line]


def lineage_page() -> str:
    """The page as HTML."""
    sources: dict[str, list[tuple[str, str]]] = {}
    goals: dict[str, list[str]] = {}
    for edge in column_lineage():
        own, source = f"{edge.table}.{edge.column}", f"{edge.source_table}.{edge.source_column}"
        sources.setdefault(own, []).append((source, "" if edge.how == "made" else edge.how))
        goals.setdefault(source, []).append(own)
    sections = [
        Section(name, text, [Line(i, n, said, sources.get(i, []), goals.get(i, [])) for i, n, said in columns])
        for name, text, columns in _tables()
    ]
    pages = templates_beside(__file__, trim_blocks=True)
    return pages.get_template("lineage.html").render(sections=sections) + "\n"


def _tables() -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    """Every table in the order of the flow: name, what it holds, and id, name and description of its columns."""
    named = [name for stage in STAGES for name in stage.writes]
    found = [(OUTSIDE, "What comes from no table", [(f"{OUTSIDE}.{n}", n, text) for n, text in outside().items()])]
    for name in (*named, *projection(), *NOT_PROJECTED):
        declared = tables()[name] if name in named else declared_of(name)
        columns = [(f"{name}.{column.name}", column.name, column.description) for column in declared.columns]
        found.append((name, declared.description, columns))
    received = [(f"{PUBLISHED}.{name}", name, "") for name in known_columns(PUBLISHED)]
    return [*found, (PUBLISHED, "What each directorate receives (rujukan.duckdb, .parquet, .xlsx)", received)]
