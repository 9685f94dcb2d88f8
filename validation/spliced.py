"""Tables of which most rows stood in the table before them: such rows are not looked at again.

Danger: rows pass that nobody ever looked at. Remedy: a table is spliced with one that kept its declaration when it was
written, by the same code; a rule that holds for one row at a time held for each of its rows then, and whatever holds
between rows, and between tables, is looked at wherever a row came or went.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Rows = npt.NDArray[np.int64]
_MOST_PIECES = 20_000
"""Rows that lie in more pieces are taken one by one: as many tables cost more than to copy each row."""


@dataclass(frozen=True)
class Spliced:
    """All `rows` of a table; those of them that did not stand in the one before are `new`, and `gone` those that stood
    there alone."""

    rows: pa.Table
    new: pa.Table
    gone: pa.Table

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, column: str) -> pa.ChunkedArray:
        return self.rows[column]

    @property
    def is_as_before(self) -> bool:
        """Whether no row came or went. (Rows keep their order.)"""
        return not len(self.new) and not len(self.gone)


def spliced(before: pa.Table, made: pa.Table, order: Rows) -> Spliced:
    """The rows of `before` and, numbered after these, of `made`, in an `order` in which those of `before` keep theirs.
    What lies between two that were made is neither copied nor looked at."""
    whole = pa.concat_tables([before, made.cast(before.schema)])
    stays = np.zeros(len(before), dtype=bool)
    stays[order[order < len(before)]] = True
    return Spliced(
        _in_order(whole, order),
        made.cast(before.schema).take(pa.array(order[order >= len(before)] - len(before))),
        before.filter(pa.array(~stays)),
    )


def differing(before: pa.Table, now: pa.Table, key: str) -> Spliced:
    """A table with what differs from the one before, row by row of the same key; both stand in its order."""
    from validation.keys import positions  # who only reads tables is not to wait for it

    at = positions(now[key], before[key])
    stays = at >= 0
    old = before.take(pa.array(at[stays]))
    kept = now if stays.all() else now.filter(pa.array(stays))
    same = np.ones(len(kept), dtype=bool)
    for name in now.column_names:
        same &= _alike(kept[name], old[name])
    stays[stays] = same
    left = np.ones(len(before), dtype=bool)
    left[at[stays]] = False
    return Spliced(now, now.filter(pa.array(~stays)), before.filter(pa.array(left)))


def _alike(one: pa.ChunkedArray, other: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Whether two columns say the same, row by row; nothing is the same as nothing."""
    import pyarrow.compute as pc

    from validation.keys import in_one_text

    if one.equals(other):
        return np.ones(len(one), dtype=bool)
    if pa.types.is_list(one.type):
        one, other = in_one_text(one), in_one_text(other)
    equal = pc.fill_null(pc.equal(one, other), False)
    if one.null_count:
        equal = pc.or_(equal, pc.and_(pc.is_null(one), pc.is_null(other)))
    found: npt.NDArray[np.bool_] = equal.to_numpy()
    return found


def _in_order(whole: pa.Table, order: Rows) -> pa.Table:
    begins = np.flatnonzero(np.diff(order, prepend=-2) != 1)
    if len(begins) > _MOST_PIECES:
        return whole.take(pa.array(order))
    lengths = np.diff(begins, append=len(order))
    pieces = [whole.slice(row, rows) for row, rows in zip(order[begins].tolist(), lengths.tolist(), strict=True)]
    return pa.concat_tables(pieces) if pieces else whole.slice(0, 0)
