"""Every table against its declaration, at every border: as a stage writes it, all violations at once.

The pandera schema of a table is made from its declaration, with one check for each kind of rule. A check looks at whole
Arrow columns with vectorised functions and says yes or no; only where one says no are the rows looked up. A message
names table, column, rule, how many rows and some of their ids, never a value. Nothing is coerced, repaired or dropped.
Why it is built so, and what it costs: `docs/decisions/0009-tables-declared-once.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from validation.declarations import ARROW_TYPES, Column, Table
from validation.keys import Among, has_few_texts, is_long, repeated_rows
from validation.spliced import Spliced

if TYPE_CHECKING:  # who only reads tables is not to wait for it
    import pandera.pandas as pandera

EXAMPLES = 5
"""How many rows a message names for each violation."""
_KEY, _ALIKE = "key", "no two rows alike"

Rows = npt.NDArray[np.int64]
Broken = dict[tuple[str, str], Rows]
"""The rows that break a rule, by column and rule."""


class Violation(NamedTuple):
    """One rule that a table breaks. `examples`: ids of some of its rows, else their numbers, from 0."""

    column: str
    check: str
    rows: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        more = ", …" if self.rows > len(self.examples) else ""
        where = f": {', '.join(self.examples)}{more}" if self.examples else ""
        return f"{self.column}: {self.check} ({self.rows} row{'s' if self.rows != 1 else ''}{where})"


class InvalidTableError(ValueError):
    """A table breaks its declaration. The message names columns, rules and row ids; it holds no values."""

    def __init__(self, table: str, violations: Sequence[Violation]) -> None:
        self.table, self.violations = table, tuple(violations)
        super().__init__(f"table {table} breaks its declaration: " + "; ".join(map(str, violations)))


def check_table(table: Table, content: pa.Table) -> None:
    """Check the content of a table against its declaration, foreign keys apart.

    In: `content`, the declared columns in order with their Arrow types, behind them those of an open table. Raises
    `InvalidTableError` with every violation: columns and types first, and if they are right nullability, values,
    patterns, ranges and the key.
    """
    _check_columns(table, content)
    if not content.num_rows:
        return
    broken = _nulls(table, content)
    schema, rules = _pandera_schema(table)
    if schema.checks:
        import pandera.pandas as pandera

        try:
            schema.validate(_view(content, schema.metadata["looked_at"]), lazy=True, inplace=True)
        except pandera.errors.SchemaErrors as errors:
            broken |= _found(table, content, rules, errors)
    if broken:
        raise InvalidTableError(table.name, _described(table, content, broken))


def rows_against_rules(table: Table, content: pa.Table) -> tuple[Rows, InvalidTableError | None]:
    """The rows that by themselves break the declaration (nullability, values, patterns, ranges), with the error that
    says so; not those whose key is that of another. `content`: as for `check_table`."""
    broken = _nulls(table, content)
    for rule in (rule for of in _rules(table).values() for rule in of if not rule.holds(content[rule.column])):
        broken[rule.column, rule.check] = rule.broken(content[rule.column])
    if not broken:
        return np.empty(0, dtype=np.int64), None
    rows = np.unique(np.concatenate([*broken.values()]))
    return rows, InvalidTableError(table.name, _described(table, content, broken))


Known = Callable[[str, str], Among | pa.ChunkedArray | pa.Array | None]
"""Gives the values of another table's column, perhaps ready to be looked for."""


def keeps_its_declaration(
    table: Table, content: Spliced, known: Known, lost: Callable[[str, str], pa.Array | None]
) -> bool:
    """Whether a table keeps its declaration, foreign keys and all, where the one before it did.

    `known`: as for `check_references`; `lost(table, column)` gives the values that stood in another table's column and
    do not any more, None where that is not known. Where it is False, the checks of the whole table say why.
    """
    try:
        check_table(table, content.new)
    except InvalidTableError:
        return False
    return _new_keys_are_alone(table.key, content) and all(
        _all_refer_to_something(content, names, known(*target), lost(*target))
        for target, names in _by_target(table).items()
    )


def _new_keys_are_alone(key: Sequence[str], content: Spliced) -> bool:
    """Whether no new row shares its key with another."""
    if not key or not len(content.new):
        return True
    alike = pc.is_in(content[key[0]], value_set=_whole(content.new[key[0]]))
    rows = content.rows.select(list(key)).filter(alike)
    return not len(repeated_rows(rows.columns))


def _all_refer_to_something(
    content: Spliced, names: Sequence[str], there: Among | pa.ChunkedArray | pa.Array | None, lost: pa.Array | None
) -> bool:
    if there is None:
        return True
    looked_at = content.rows if lost is None else content.new
    among = there if isinstance(there, Among) else Among(there)
    if len(_without_target(_each_once([looked_at[name] for name in names]), among)):
        return False
    return lost is None or not any(pc.any(pc.is_in(content[name], value_set=lost)).as_py() for name in names)


def check_references(table: Table, content: pa.Table, known: Known) -> None:
    """Check the foreign keys of a table. `known(table, column)` gives the values of another table's column, perhaps
    ready to be looked for, or None where that table was never written, so that there is nothing to compare with.

    Null refers to nothing and is right. Raises `InvalidTableError` with every column that has values without a target.
    """
    broken: Broken = {}
    for target, names in _by_target(table).items():
        there = known(*target) if content.num_rows else None
        if there is None:
            continue
        columns, among = [content[name] for name in names], there if isinstance(there, Among) else Among(there)
        if not len(_without_target(_each_once(columns), among)):
            continue
        for name, column in zip(names, columns, strict=True):
            unmatched = _without_target(column, among)
            if len(unmatched):
                without = pc.is_in(column, value_set=unmatched.unique())
                broken[name, f"references {'.'.join(target)}"] = _false(pc.invert(without))
    if broken:
        raise InvalidTableError(table.name, _described(table, content, broken))


@cache
def _by_target(table: Table) -> dict[tuple[str, str], list[str]]:
    """The columns that refer to each column of another table."""
    found: dict[tuple[str, str], list[str]] = {}
    for column in table.columns:
        if column.references:
            found.setdefault(column.references, []).append(column.name)
    return found


def _each_once(columns: Sequence[pa.ChunkedArray]) -> pa.ChunkedArray:
    """The values of columns of one table, but where the column before says the same in the same row: what is best of a
    person comes mostly from one record."""
    first, *others = columns
    differ = (pc.fill_null(pc.not_equal(column, before), True) for before, column in pairwise(columns))
    said = [first, *(column.filter(rows) for column, rows in zip(others, differ, strict=True))]
    return pa.chunked_array([_whole(column) for column in said], pa.string())


def _without_target(values: pa.ChunkedArray | pa.Array, known: Among) -> pa.ChunkedArray | pa.Array:
    """The values that are not known, perhaps each once; null is none."""
    stated = values.drop_null()
    asked = _whole(_distinct(stated) if is_long(stated) else stated.unique())
    return asked.filter(pa.array(~known.holds(asked)))


def _whole(values: pa.ChunkedArray | pa.Array) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


class _Rule(NamedTuple):
    """One rule of one column. `test` gives for each value (or element of a list) whether it holds, null for null."""

    column: str
    check: str
    test: Callable[[pa.ChunkedArray], pa.ChunkedArray]
    of_elements: bool

    def holds(self, values: pa.ChunkedArray) -> bool:
        """Whether all values of the column keep the rule."""
        return _all(self.test(_distinct(_elements(values) if self.of_elements else values)))

    def broken(self, values: pa.ChunkedArray) -> Rows:
        """The rows that break the rule."""
        if not self.of_elements:
            return _false(self.test(values))
        whole = values.combine_chunks()
        return np.unique(pc.list_parent_indices(whole).to_numpy()[_false(self.test(_elements(whole)))])


Rules = dict[str, list[_Rule]]
"""The rules of a table by their kind: `values`, `pattern`, `range`, `filled`."""


def _rules(table: Table) -> Rules:
    """The rules of all columns besides their types and whether they may be null."""
    found: Rules = {}
    for column in table.columns:
        for kind, words in column.rules.items():
            listed = column.type.endswith("[]") and kind != "filled"
            found.setdefault(kind, []).append(_Rule(column.name, words, _test(kind, column), listed))
    return found


def _test(kind: str, column: Column) -> Callable[[pa.ChunkedArray], pa.ChunkedArray]:
    if kind == "values" and column.values:
        allowed = pa.array([*column.values.content, None], pa.string())  # null is no value, and so no wrong one
        return partial(pc.is_in, options=pc.SetLookupOptions(value_set=allowed))
    if kind == "pattern" and column.pattern:
        return partial(pc.match_substring_regex, pattern=column.pattern.pattern)
    if kind == "range":
        return partial(_in_range, low=column.min, high=column.max)
    return _filled


def _filled(lists: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.greater(pc.list_value_length(lists), 0)


def _in_range(values: pa.ChunkedArray, *, low: float | None, high: float | None) -> pa.ChunkedArray:
    above = pc.greater_equal(values, low) if low is not None else None
    below = pc.less_equal(values, high) if high is not None else None
    return above if below is None else below if above is None else pc.and_(above, below)


@cache
def _pandera_schema(table: Table) -> tuple[pandera.DataFrameSchema, Rules]:
    """The pandera schema of a declaration: one check for each kind of rule and one for the key; and the rules."""
    import pandera.pandas as pandera

    rules = _rules(table)
    tests: dict[str, Callable[[pd.DataFrame], bool]] = {kind: partial(_hold, of) for kind, of in rules.items()}
    if table.key:
        tests[_KEY] = partial(_key_holds, table.key)
    checks = [pandera.Check(test, name=name, ignore_na=False) for name, test in tests.items()]
    looked_at = {*table.key, *(rule.column for of in rules.values() for rule in of)}
    ordered = [name for name in table.names if name in looked_at]
    return pandera.DataFrameSchema(checks=checks, name=table.name, metadata={"looked_at": ordered}), rules


def _view(content: pa.Table, names: Sequence[str]) -> pd.DataFrame:
    """Columns of an Arrow table as a frame that shares their memory, which is what pandera takes."""
    return pd.DataFrame({name: pd.arrays.ArrowExtensionArray(content[name]) for name in names}, copy=False)


def _arrow(frame: pd.DataFrame, name: str) -> pa.ChunkedArray:
    array: pa.ChunkedArray = frame[name].array.__arrow_array__()
    return array


def _hold(rules: Sequence[_Rule], frame: pd.DataFrame) -> bool:
    return all(rule.holds(_arrow(frame, rule.column)) for rule in rules)


def _key_holds(key: Sequence[str], frame: pd.DataFrame) -> bool:
    return not len(repeated_rows([_arrow(frame, name) for name in key]))


def _elements(lists: pa.ChunkedArray) -> pa.ChunkedArray:
    """The elements of all lists; a null among them is the text of no value, so that it breaks every rule."""
    return pc.fill_null(pc.list_flatten(lists), "")


def _distinct(values: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    """The values, each once where many rows say the same."""
    return values.unique() if has_few_texts(values) else values


def _all(held: pa.ChunkedArray | pa.Array) -> bool:
    return pc.all(held).as_py() is not False


def _false(held: pa.ChunkedArray | pa.Array) -> Rows:
    return np.flatnonzero(~np.asarray(pc.fill_null(held, True).to_numpy(zero_copy_only=False), dtype=bool))


def _check_columns(table: Table, content: pa.Table) -> None:
    """Raise `InvalidTableError` unless the declared columns stand there, in order, with their types."""
    present = content.schema.names
    wrong = [Violation(name, "declared column is missing", 0, ()) for name in table.names if name not in present]
    if not table.open:
        wrong += [Violation(name, "column is not declared", 0, ()) for name in present if name not in table.names]
    if not wrong and tuple(present[: len(table.names)]) != table.names:
        wrong = [Violation(name, "column is in another position", 0, ()) for name in table.names]
    wrong += [
        Violation(column.name, f"type {column.type}", content.num_rows, ())
        for column in table.columns
        if column.name in present and content.schema.field(column.name).type != ARROW_TYPES[column.type]
    ]
    if wrong:
        raise InvalidTableError(table.name, wrong)


def _nulls(table: Table, content: pa.Table) -> Broken:
    """The nulls of columns that may have none; Arrow has counted them."""
    return {
        (column.name, "not null"): np.flatnonzero(content[column.name].is_null().to_numpy())
        for column in table.columns
        if not column.nullable and content[column.name].null_count
    }


def _found(table: Table, content: pa.Table, rules: Rules, errors: pandera.errors.SchemaErrors) -> Broken:
    """The rows that break the rules whose checks failed. A check that could not be evaluated is an error of ours."""
    from pandera.errors import SchemaErrorReason

    broken: Broken = {}
    for error in errors.schema_errors:
        if error.reason_code is not SchemaErrorReason.DATAFRAME_CHECK:
            raise RuntimeError(f"table {table.name}: check {error.check} could not be evaluated") from errors
        name = str(error.check.name)
        if name == _KEY:
            rows = repeated_rows([content[column] for column in table.key])
            broken[", ".join(table.key), _ALIKE] = rows
        else:
            every = {(rule.column, rule.check): rule.broken(content[rule.column]) for rule in rules[name]}
            broken |= {where: rows for where, rows in every.items() if len(rows)}
    return broken


def _described(table: Table, content: pa.Table, broken: Broken) -> list[Violation]:
    """Violations in the order of columns, each with some of its rows: the key's columns that are not sensitive and
    whose values are right, else row numbers."""
    concerned = {column for column, check in broken if check != _ALIKE}
    shown = [
        c.name for c in table.columns if c.name in table.key and c.audience != "sensitif" and c.name not in concerned
    ]
    order = {name: at for at, name in enumerate(table.names)}
    found = []
    for (column, check), rows in sorted(broken.items(), key=lambda entry: (order.get(entry[0][0], -1), entry[0][1])):
        some = content.select(shown).take(pa.array(rows[:EXAMPLES])).to_pylist() if shown else []
        ids = [" ".join(f"{name}={value}" for name, value in row.items()) for row in some]
        found.append(Violation(column, check, len(rows), tuple(ids) or tuple(f"row {row}" for row in rows[:EXAMPLES])))
    return found
