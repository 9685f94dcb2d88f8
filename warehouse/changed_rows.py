"""Which rows of a table of the lake are others than they were, so that only these are made again.

Two states of a table are compared as sequences: rows of both that say the same in some columns are paired, in their
order, and pairs are compared column by column. Every row that is in no pair, or in a pair that differs, counts as
changed. Whatever is paired with what, no row that is in one state only is missed; bad pairs make more rows count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from warehouse.contents import shared_texts

_AT_LEAST, _SHARE = 1_000, 0.02
"""So many rows, or this share of them, may have changed: of more, it takes longer to find which than to make all."""
_SHORTEST, _LONGEST = 64, 65_536
"""Rows that are looked at together, where few or many in a row are the same."""


class Run(NamedTuple):
    """Rows that are paired: `length` of them, from row `old` of the one state and row `new` of the other on."""

    old: int
    new: int
    length: int


def changed(
    before: Mapping[str, Path], after: Mapping[str, Path], by: Sequence[str], said: Collection[str] | None = None
) -> list[pa.Table] | None:
    """What stands in the columns `by` of all rows that only one of two states of a table has, and perhaps of others.
    None where these are many, the states have different columns, or one of `by` holds lists.

    `before`, `after`: the file of each part of the table. Files of one name are the same. `said`: the columns beside
    `by` that are compared, if not all.
    """
    found = []
    for part in sorted(before.keys() | after.keys()):
        old, new = before.get(part), after.get(part)
        if old is None or new is None:
            found += [pq.ParquetFile(path).read(list(by)) for path in (old, new) if path is not None]
        elif old.name != new.name:
            between = _between(old, new, list(by), said)
            if between is None:
                return None
            found.append(between)
    return found


def _between(before: Path, after: Path, by: list[str], said: Collection[str] | None) -> pa.Table | None:
    """The same for two files."""
    with pq.ParquetFile(before) as old, pq.ParquetFile(after) as new:
        shared = shared_texts(old) & shared_texts(new)
        lists = any(pa.types.is_list(new.schema_arrow.field(column).type) for column in by)
        if lists or not old.schema_arrow.equals(new.schema_arrow):
            return None
        rows = max(old.metadata.num_rows, new.metadata.num_rows)
        most = max(_AT_LEAST, int(rows * _SHARE))
        keys = (old.read(by), new.read(by))
        runs = paired(*keys, most)
        if runs is None:
            return None
        alone = (_not_in([(run.old, run.length) for run in runs], old.metadata.num_rows),
                 _not_in([(run.new, run.length) for run in runs], new.metadata.num_rows))  # fmt: skip
        whole = not alone[0] and not alone[1]
        differing: set[int] = set()
        compared = new.schema_arrow.names if said is None else said
        for column in (name for name in compared if name not in by):
            if not (whole and _same_bytes((before, old), (after, new), column)):
                earlier, later = _exact(*(_column(path, column, shared) for path in (before, after)))
                for row in _parting(earlier, later, runs):
                    differing.add(row)
                    if len(differing) > most:
                        return None
        others = (alone[0], [*alone[1], *differing])
        return pa.concat_tables(
            [values.take(pa.array(rows, pa.int64())) for values, rows in zip(keys, others, strict=True)]
        )


def paired(old: pa.Table, new: pa.Table, most: int) -> list[Run] | None:
    """Pairs of equal rows of two tables, in the order of both; None where more than so many rows have none."""
    found: list[Run] = []
    i = j = alone = 0
    while i < len(old) and j < len(new):
        length = _same_from(old, new, i, j)
        if length:
            found.append(Run(i, j, length))
            i, j = i + length, j + length
            continue
        step = _to_the_next_pair(old, new, i, j, most)
        if step is None:
            break
        i, j = i + step[0], j + step[1]
        alone += sum(step)
        if alone > most:
            return None
    return found if alone + len(old) - i + len(new) - j <= most else None


def _same_from(old: pa.Table, new: pa.Table, i: int, j: int) -> int:
    """How many rows from `i` and `j` on are equal, one by one; a null is equal to nothing."""
    length, size = 0, _SHORTEST
    while True:
        one, other = old.slice(i + length, size), new.slice(j + length, size)
        size = min(len(one), len(other))
        same = [pc.equal(a.slice(0, size), b.slice(0, size)) for a, b in zip(one.columns, other.columns, strict=True)]
        first = min((place for column in same if (place := pc.index(pc.fill_null(column, False), False).as_py()) >= 0),
                    default=size)  # fmt: skip
        length += first
        if first < size or not size:
            return length
        size = min(4 * size, _LONGEST)


def _to_the_next_pair(old: pa.Table, new: pa.Table, i: int, j: int, most: int) -> tuple[int, int] | None:
    """How many rows to leave out from `i` and `j` on until two are equal; None if that is not within so many rows."""
    size = _SHORTEST
    while True:
        rows = [_rows(table.slice(begin, size)) for table, begin in ((old, i), (new, j))]
        places = {row: place for place, row in reversed(list(enumerate(rows[0]))) if None not in row}
        steps = [(places[row], place) for place, row in enumerate(rows[1]) if row in places]
        if steps:
            return min(steps, key=sum)
        if size > most or size >= max(len(old) - i, len(new) - j):
            return None
        size *= 8


def _rows(table: pa.Table) -> list[tuple[object, ...]]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _not_in(spans: list[tuple[int, int]], rows: int) -> list[int]:
    """The rows, of so many, that are in no span of a beginning and a length; spans in order."""
    ends = [0, *(begin + length for begin, length in spans)]
    return [row for end, begin in zip(ends, [*(begin for begin, _ in spans), rows], strict=True)
            for row in range(end, begin)]  # fmt: skip


def _parting(old: pa.ChunkedArray, new: pa.ChunkedArray, runs: Sequence[Run]) -> Iterator[int]:
    """The rows of `new` that hold another value than the one they are paired with: halved until one is left."""
    ahead = list(runs)
    while ahead:
        run = ahead.pop()
        if old.slice(run.old, run.length).equals(new.slice(run.new, run.length)):
            continue
        if run.length == 1:
            yield run.new
            continue
        half = run.length // 2
        ahead += [Run(run.old, run.new, half), Run(run.old + half, run.new + half, run.length - half)]


def _column(path: Path, column: str, shared: set[str]) -> pa.ChunkedArray:
    """The values of a column in a file; where it is one of those in which many rows say the same, by their numbers."""
    with pq.ParquetFile(path, read_dictionary=[*shared & {column}]) as file:
        return file.read([column])[column]


def _exact(*values: pa.ChunkedArray) -> list[pa.ChunkedArray]:
    """Floats of two states as the numbers of their bits, which say 0 and -0 apart; texts that have numbers as these, of
    which each stands for one text in both states; all else as it is."""
    kind = values[0].type
    if pa.types.is_float64(kind):
        return [pa.chunked_array([chunk.view(pa.int64()) for chunk in each.chunks], pa.int64()) for each in values]
    if not pa.types.is_dictionary(kind):
        return list(values)
    both = pa.chunked_array([chunk for each in values for chunk in each.chunks], kind).unify_dictionaries().chunks
    first = values[0].num_chunks
    return [
        pa.chunked_array([chunk.indices for chunk in chunks], kind.index_type)
        for chunks in (both[:first], both[first:])
    ]


def _same_bytes(old: tuple[Path, pq.ParquetFile], new: tuple[Path, pq.ParquetFile], column: str) -> bool:
    """Whether a column lies in two files in the same bytes: then it is not read, and is the same row by row."""
    places = [list(_places(file, column)) for _, file in (old, new)]
    if [place[1:] for place in places[0]] != [place[1:] for place in places[1]]:
        return False
    with old[0].open("rb") as one, new[0].open("rb") as other:
        for (begin, size, *_), (there, *_) in zip(*places, strict=True):
            one.seek(begin)
            other.seek(there)
            if one.read(size) != other.read(size):
                return False
    return True


def _places(file: pq.ParquetFile, column: str) -> Iterator[tuple[int, int, int, str]]:
    """Where a column lies in a file: begin, bytes, values and compression of it in each group of rows."""
    for group in map(file.metadata.row_group, range(file.metadata.num_row_groups)):
        for leaf in map(group.column, range(group.num_columns)):
            if leaf.path_in_schema.partition(".")[0] == column:
                begin = leaf.dictionary_page_offset if leaf.has_dictionary_page else leaf.data_page_offset
                yield begin, leaf.total_compressed_size, leaf.num_values, leaf.compression
