"""What a match in buckets leaves to the next one: it may go on in one process, with what changed alone.

All records go to buckets once. What the buckets found says what one process would have found, so it says what that
would have kept, too; what is kept of single records is made here.
"""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from assets.households.linkage.arrays.links import Links
from assets.households.linkage.blocking import Blocking, make_blocks
from assets.households.linkage.buckets.stages import column
from assets.households.linkage.incremental.match_state import MatchState, state_of
from assets.households.linkage.matching import Traces, bytes_of, decided_rows
from assets.households.linkage.model.parameters import Model, Scale
from assets.households.linkage.pairs import Pairs
from assets.households.linkage.prepare.records import prepare

Numbers = npt.NDArray[np.int64]
BYTES_PER_RECORD = 1150
"""Memory that making and holding the state takes for each record beside the records, measured at a million."""


class Left(NamedTuple):
    """What is left of a match, by the numbers of records; under the names of `buckets.matching.Matched`, whose links
    the pairs are."""

    person: Numbers
    known: Numbers
    pairs: pa.Table
    edges: pa.Table


def fits_in_memory(records: pd.DataFrame, limit: str | None) -> bool:
    """Whether the state of so many records fits: within `limit` (such as `4GB`), or in the memory of this machine."""
    have = bytes_of(limit) if limit else os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return int(records.memory_usage().sum()) + len(records) * BYTES_PER_RECORD <= have


def state_after_buckets(
    records: pd.DataFrame, left: Left, model: Model, blocking: Blocking, decisions: pd.DataFrame
) -> MatchState:
    """Return the state that a match of all records in one process would have left.

    In: `records` in the order in which they were numbered; `left` of them; `model`, `blocking` and `decisions` of
    people as they were given.
    """
    prepared = prepare(records)
    totals = [blocks.totals for blocks in make_blocks(prepared, blocking)[0]]
    p, row_of = model.with_names(prepared), prepared.row_of
    person, known = (row_of[label[p.order]] for label in (left.person, left.known))
    traces = Traces(p, Scale.of(p), known.astype(np.int32), _by_rows(left.edges, row_of), totals)
    pairs = Pairs(*_by_rows(left.pairs, row_of))
    decided = decided_rows(records["record_id"], p.order, decisions)
    return state_of(records, traces, pairs, person, model.needed, decided, blocking, decisions)


def _by_rows(links: pa.Table, row_of: Numbers) -> Links:
    """Return links of records by their rows, the smaller left, sorted."""
    ends = np.sort([row_of[column(links, end)] for end in ("left", "right")], axis=0)
    order = np.argsort(ends[0] << 32 | ends[1])
    left, right = ends[:, order].astype(np.int32)
    return left, right, column(links, "weight")[order]
