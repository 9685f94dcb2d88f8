"""What can be declared of a table: its columns, what they may hold, and who may see them. Read by every border.

The declarations themselves are data and stand in `warehouse/tables/*.yml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pyarrow as pa

from validation.directorates import directorates

ARROW_TYPES: dict[str, pa.DataType] = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "VARCHAR[]": pa.list_(pa.string()),
}
AUDIENCES = ("publik", "operasional", "sensitif")
"""Who may see a column, the widest audience first; the rule stands in `warehouse/tables/_shared.yml`."""


PUBLICATIONS = ("directorate", "sealed", "restricted")
"""Who gets what is published: a directorate's officers; the same, of referrals in a restricted category; and those who
may open the restricted file."""
FORMS = ("whole", "masked", "pseudonym")
"""In which form a column is published; one that names no form for a publication is not in it."""


@dataclass(frozen=True)
class Named:
    """Allowed values or a pattern, with the name under which they are shared (empty: declared for one column)."""

    name: str
    content: tuple[str, ...]

    @property
    def pattern(self) -> str:
        """The one text of a pattern."""
        (text,) = self.content
        return text


@dataclass(frozen=True)
class Column:
    """One column. `values`, `pattern`: of each element where the column holds lists; null is no value of its own.

    `references`: table and column of which every value must be one. `filled`: a list has at least one element.
    `few`: in memory each text is kept once. `published`: in which form, by publication; what is not there is not shown.
    """

    name: str
    type: str
    description: str
    audience: str
    nullable: bool = False
    values: Named | None = None
    pattern: Named | None = None
    min: float | None = None
    max: float | None = None
    references: tuple[str, str] | None = None
    filled: bool = False
    few: bool = False
    published: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def rules(self) -> dict[str, str]:
        """What is demanded of the values besides their type, in words, by the kind of demand."""
        said = {}
        if self.values:
            said["values"] = f"one of {self.values.name or ', '.join(self.values.content)}"
        if self.pattern:
            said["pattern"] = f"pattern {self.pattern.name}"
        if self.min is not None or self.max is not None:
            ends = [
                f"at least {self.min:g}" if self.min is not None else "",
                f"at most {self.max:g}" if self.max is not None else "",
            ]
            said["range"] = ", ".join(end for end in ends if end)
        if self.filled:
            said["filled"] = "not empty"
        return said


@dataclass(frozen=True, eq=False)
class Table:
    """One declared table.

    `key`: the columns that no two rows share all of; empty: rows may repeat. `open`: which further columns the table
    may carry, typed as they come; empty: none. Of a lake table: `stage` is the one that writes it, `warehouse` the
    warehouse table that is a copy of it, `asset` the Dagster asset that shows it (`room/name`, with `{directorate}`
    where each directorate has one), and `irreplaceable` whether nothing could make it again. Of a warehouse table that
    is no copy: `sources` are its lake tables.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    open: str = ""
    stage: str = ""
    warehouse: str = ""
    asset: str = ""
    sources: tuple[str, ...] = ()
    irreplaceable: bool = False

    @property
    def assets(self) -> tuple[str, ...]:
        """The Dagster assets that show this table, one for each directorate where its name says so."""
        named = (self.asset.format(directorate=code) for code in directorates())
        return tuple(dict.fromkeys(named)) if self.asset else ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the declared columns, in order."""
        return tuple(column.name for column in self.columns)
