"""The declared schema of every table, lake and warehouse alike: one YAML file a room, and their reader.

What may be declared, and how, stands in `_shared.yml`. Everything else that knows columns is made from here: Arrow
schemas, pandera schemas (`validation.borders`), SQL comments, the Columns tab of Dagster, `docs/warehouse.md`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import yaml

from validation.declarations import ARROW_TYPES, AUDIENCES, FORMS, PUBLICATIONS, Column, Named, Table
from validation.directorates import directorates

if TYPE_CHECKING:  # who only looks is not to wait for it
    import pandas as pd

__all__ = [
    "ARROW_TYPES",
    "SCHEMAS",
    "Column",
    "DeclarationError",
    "Table",
    "arrow_schema",
    "declaration_files",
    "lake_tables",
    "projection",
    "tables",
]

FOLDER = Path(__file__).parent
SCHEMAS = ("intake", "records", "households", "referrals", "audit")
"""The schemas of the warehouse, in the order of the flow."""
_PROJECT = FOLDER.parents[1]
_OF_A_TABLE = {
    "description",
    "key",
    "open",
    "columns",
    "columns_of",
    "without",
    "stage",
    "warehouse",
    "asset",
    "from",
    "irreplaceable",
}
_OF_A_COLUMN = {"null", "values", "pattern", "min", "max", "references", "filled", "few", "published"}


class DeclarationError(ValueError):
    """A declaration that cannot be: it names the table, the column and what is wrong."""


def declaration_files() -> list[Path]:
    """The files that all declarations are read from, sorted."""
    return sorted(FOLDER.glob("*.yml"))


@cache
def tables() -> dict[str, Table]:
    """All declared tables by name: of the lake, and (with a dot) of the warehouse where it differs.

    Raises `DeclarationError` for a type, audience, rule, named value set, pattern or reference that does not exist.
    """
    written: dict[str, dict[str, Any]] = {}
    for path in declaration_files():
        if path.stem != "_shared":
            for name, entry in _loaded(path).items():
                _require(name not in written, name, f"declared again in {path.name}")
                written[name] = entry
    return read_declarations(_for_each_directorate(written), Shared(_loaded(FOLDER / "_shared.yml")))


def lake_tables(stage: str | None = None) -> dict[str, Table]:
    """The declared tables of the lake, or those that one stage writes, by name."""
    return {name: t for name, t in tables().items() if (t.stage == stage if stage else t.stage)}


@cache
def projection() -> dict[str, tuple[str, ...]]:
    """Each table of the warehouse and the lake tables it is made from, in the order of the schemas."""
    copies = {table.warehouse: (table.name,) for table in tables().values() if table.warehouse}
    made = {table.name: table.sources for table in tables().values() if table.sources}
    return {
        name: sources
        for schema in SCHEMAS
        for name, sources in (made | copies).items()
        if name.partition(".")[0] == schema
    }


def arrow_schema(table: str, content: pd.DataFrame | pa.Table | None = None) -> pa.Schema:
    """The Arrow schema of a declared table; for an open table, with the further columns of its `content`."""
    declared = tables()[table]
    fields = [pa.field(c.name, ARROW_TYPES[c.type]) for c in declared.columns]
    if declared.open and isinstance(content, pa.Table):
        fields += [field for field in content.schema if field.name not in declared.names]
    elif declared.open and content is not None:
        further = [c for c in content.columns if c not in declared.names]
        fields += list(pa.Schema.from_pandas(content[further], preserve_index=False))
    return pa.schema(fields)


def audited_forms() -> dict[str, str]:
    """How the auditors' file has columns in which something is said of a person, by their names."""
    return dict(_loaded(FOLDER / "_shared.yml")["audited"])


class Shared:
    """Patterns and sets of values that many columns share, by name (`_shared.yml`)."""

    def __init__(self, written: Mapping[str, Any]) -> None:
        self.patterns: dict[str, str] = dict(written["patterns"])
        self._values: dict[str, Any] = dict(written["values"])
        self.policies: dict[str, dict[str, str]] = dict(written.get("policies", {}))
        for name, forms in self.policies.items():
            unknown = (set(forms) - set(PUBLICATIONS)) | (set(forms.values()) - set(FORMS))
            _require(not unknown, f"policy {name}", f"unknown {sorted(unknown)}")

    def pattern(self, name: str) -> Named:
        """A named pattern."""
        return Named(name, (self.patterns[name],))

    def values(self, given: str | list[str]) -> Named:
        """A named set of values, or those that are given."""
        return Named(given, self._named(given)) if isinstance(given, str) else Named("", tuple(given))

    @property
    def names(self) -> set[str]:
        """All names of patterns and sets."""
        return {*self.patterns, *self._values}

    def _named(self, name: str) -> tuple[str, ...]:
        sources = self._values[name]
        return tuple(dict.fromkeys(text for source in _listed(sources) for text in self._texts(source)))

    def _texts(self, source: str | dict[str, str]) -> Iterator[str]:
        if isinstance(source, str):
            yield source
        elif "same" in source:
            yield from self._named(source["same"])
        elif "python" in source:
            module, _, attribute = source["python"].rpartition(".")
            yield from getattr(import_module(module), attribute)
        else:
            with (_PROJECT / source["csv"]).open(encoding="utf-8", newline="") as lines:
                yield from (row[source["column"]] for row in csv.DictReader(lines))


def read_declarations(written: Mapping[str, Mapping[str, Any]], shared: Shared) -> dict[str, Table]:
    """Tables from what YAML files hold, checked: every rule known, every reference to a key that exists."""
    found = {name: _table(name, written, shared) for name in written}
    for table in found.values():
        _require(set(table.key) <= {*table.names}, table.name, f"a key of undeclared columns {table.key}")
        for column in table.columns:
            if column.references:
                of, key = column.references
                _require(
                    of in found and found[of].key == (key,), f"{table.name}.{column.name}", f"{of}.{key} is no key"
                )
    return found


def _table(name: str, written: Mapping[str, Mapping[str, Any]], shared: Shared) -> Table:
    entry = written[name]
    _require(set(entry) <= _OF_A_TABLE, name, f"unknown {sorted(set(entry) - _OF_A_TABLE)}")
    columns = tuple(
        _column(f"{name}.{column}", column, parts, shared) for column, parts in _columns(name, written).items()
    )
    return Table(
        name,
        entry["description"],
        columns,
        tuple(entry.get("key", ())),
        entry.get("open", ""),
        entry.get("stage", ""),
        entry.get("warehouse", ""),
        entry.get("asset", ""),
        tuple(entry.get("from", ())),
        entry.get("irreplaceable", False),
    )


def _for_each_directorate(written: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The declarations, each whose name holds `{directorate}` once for every directorate."""
    found = {}
    for name, entry in written.items():
        for directorate in directorates().values() if "{directorate}" in name else ():
            facts = {"directorate": directorate.kode, "nama": directorate.nama}
            found[name.format(**facts)] = {**entry, "description": entry["description"].format(**facts)}
        if "{directorate}" not in name:
            found[name] = entry
    return found


def _columns(name: str, written: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The columns of a table as they are written, those taken from another table first."""
    entry = written[name]
    taken: dict[str, list[Any]] = {}
    if "columns_of" in entry:
        _require(entry["columns_of"] in written, name, f"columns of {entry['columns_of']}, which does not exist")
        taken = _columns(entry["columns_of"], written)
    for column in entry.get("without", ()):
        _require(column in taken, name, f"without {column}, which is not there")
        del taken[column]
    return {**taken, **entry.get("columns", {})}


def _column(where: str, name: str, parts: list[Any], shared: Shared) -> Column:
    _require(len(parts) in (3, 4), where, "needs type, audience and description")
    kind, audience, text = parts[:3]
    written = {"null" if key is None else key: value for key, value in (parts[3] if len(parts) == 4 else {}).items()}
    _require(kind in ARROW_TYPES, where, f"unknown type {kind}")
    _require(audience in AUDIENCES, where, f"unknown audience {audience}")
    _require(set(written) <= _OF_A_COLUMN, where, f"unknown rules {sorted(set(written) - _OF_A_COLUMN)}")
    for shape in ("values", "pattern"):
        named = written.get(shape)
        _require(not isinstance(named, str) or named in shared.names, where, f"unknown {shape} {named}")
    policy = written.get("published", "")
    _require(not policy or policy in shared.policies, where, f"unknown published {policy}")
    reference = written.get("references")
    return Column(
        name,
        kind,
        text,
        audience,
        nullable=written.get("null", False),
        values=shared.values(written["values"]) if "values" in written else None,
        pattern=shared.pattern(written["pattern"]) if "pattern" in written else None,
        min=written.get("min"),
        max=written.get("max"),
        references=tuple(reference.split(".")) if reference else None,
        filled=written.get("filled", False),
        few=written.get("few", False),
        published=shared.policies[policy] if policy else {},
    )


def _loaded(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded


def _listed(sources: Any) -> list[Any]:
    return sources if isinstance(sources, list) else [sources]


def _require(holds: bool, where: str, problem: str) -> None:
    if not holds:
        raise DeclarationError(f"{where}: {problem}")
