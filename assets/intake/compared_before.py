"""Which lists were compared before, and are still what they were, so that their rows are not read again.

Danger: one list comes, and for it the people of all lists that share a village and period with another are compared
again, a quarter of all rows. Remedy: of each two lists is kept what they have in common, and in which files of the lake
their rows stand. A file's name says what it holds, so that where both are named the same, the same comes out.

It lies with the state of the last match (`MATCH_STATE_FOLDER`), and like it only spares time: where it is gone or
damaged, lists are compared again. It holds counts, and nothing of a person.
"""

from __future__ import annotations

import hashlib
import shutil
from functools import cached_property
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from assets.intake.inbox.comparing import NOBODY, OF_PEOPLE, Common, Listed, common, people_of
from validation.keys import is_one_of
from warehouse.code import code_digest
from warehouse.files import write_whole
from warehouse.lake import Partition
from warehouse.migrations import MATCH_STATE_FOLDER
from warehouse.stage import StageRun
from warehouse.wholeness import DIGEST_LENGTH, is_whole

FOLDER = "compared"


class _Pair(NamedTuple):
    """Two submissions, each with the file in which its rows stand."""

    one: str
    other: str
    rows_in: str
    other_rows_in: str


class ComparedBefore:
    """Says what two submissions have in common (`comparing.Compare`). `submissions`: all that are registered."""

    def __init__(self, run: StageRun, submissions: pd.DataFrame) -> None:
        self._run = run
        self._folder = run.home.lake / MATCH_STATE_FOLDER / FOLDER / code_digest(run.stage.module)
        placed = submissions.dropna(subset=["kode_kabupaten", "periode"])
        places = map(Partition, placed["kode_kabupaten"], placed["periode"])
        self._places = dict(zip(placed["submission_id"], places, strict=True))
        beside = submissions.duplicated(["kode_desa", "periode"], keep=False)
        self._often = submissions.loc[beside, "submission_id"]
        self._files: dict[Partition, str] = {}
        self._people: dict[str, Listed] = {}
        self._now: dict[_Pair, Common] = {}

    def __call__(self, one: str, other: str) -> Common:
        pair = _Pair(one, other, self._rows_in(one), self._rows_in(other))
        if pair not in self._now:
            self._now[pair] = self._before.get(pair) or common(self._listed(one), self._listed(other))
        return self._now[pair]

    def keep(self) -> None:
        """Keep what was asked for, and nothing older."""
        rows: list[tuple[Any, ...]] = sorted((*pair, *found) for pair, found in self._now.items())
        sink = pa.BufferOutputStream()
        pq.write_table(pa.table([*zip(*rows, strict=True)], names=[*_COLUMNS]) if rows else _EMPTY, sink)
        content = sink.getvalue().to_pybytes()
        path = self._folder / f"part-{hashlib.sha256(content).hexdigest()[:DIGEST_LENGTH]}.parquet"
        if not is_whole(path):
            shutil.rmtree(self._folder.parent, ignore_errors=True)
            write_whole(path, content)

    @cached_property
    def _before(self) -> dict[_Pair, Common]:
        """What was kept; nothing where it is gone or damaged."""
        whole = [path for path in self._folder.glob("*.parquet") if is_whole(path)]
        columns = [column.to_pylist() for path in whole for column in pq.read_table(path, columns=[*_COLUMNS]).columns]
        rows = zip(*columns, strict=True) if len(whole) == 1 else ()
        return {_Pair(*row[: len(_Pair._fields)]): Common(*row[len(_Pair._fields) :]) for row in rows}

    def _rows_in(self, submission: str) -> str:
        """The name of the file in which the rows of a submission stand; empty where it has none."""
        place = self._places.get(submission)
        if place is None:
            return ""
        if place not in self._files:
            self._files[place] = " ".join(self._run.files("raw_rows", place))
        return self._files[place]

    def _listed(self, submission: str) -> Listed:
        """The people of a submission. Those of the other lists in its file that may be compared are read with it."""
        if submission not in self._people and self._rows_in(submission):
            rows = self._run.read("raw_rows", self._places[submission], [*OF_PEOPLE])
            asked = pd.concat([self._often, pd.Series([submission], dtype="str")])
            self._people |= people_of(rows[is_one_of(rows["submission_id"], asked)])
        return self._people.setdefault(submission, NOBODY)


_COLUMNS = (*_Pair._fields, *Common._fields)
_EMPTY = pa.table({name: pa.array([], pa.string()) for name in _COLUMNS})
