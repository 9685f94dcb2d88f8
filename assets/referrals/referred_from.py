"""What referrals were made from, kept until the next time, to find what changed since: the files of the lake, and of
each referral the day from which its age is counted.

It lies with the state of the last match (`MATCH_STATE_FOLDER`), and like it only spares time: where it is gone, damaged
or of other referrals, everybody is referred again.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from assets.referrals.reach import Changed, union
from assets.referrals.routing import OF_HOUSEHOLDS, OF_PERSONS, OF_RECORDS
from validation.keys import is_one_of
from warehouse.changed_rows import changed
from warehouse.files import write_whole
from warehouse.made_from import keep_in, kept_in
from warehouse.migrations import MATCH_STATE_FOLDER
from warehouse.stage import StageRun
from warehouse.wholeness import DIGEST_LENGTH, is_whole

FOLDER = "referred"
_WHOLE = ("membership", "persons", "households", "erased_rows")
"""Tables that lie in one file each."""
_BORN = "born"


@dataclass(frozen=True)
class ReferredFrom:
    """`folder`: where it is kept; `run`: the stage that asks."""

    folder: Path
    run: StageRun

    @classmethod
    def of(cls, run: StageRun, context: str) -> ReferredFrom:
        """`context`: names rules, code and inputs of the referrals."""
        return cls(run.home.lake / MATCH_STATE_FOLDER / FOLDER / context, run)

    def keep(self, born: pa.Array | pa.ChunkedArray) -> None:
        """Keep what the stage read, and nothing older. `born`: of each referral, in their order."""
        others = [other for other in self.folder.parent.glob("*") if other != self.folder]
        if others and not self.folder.exists():
            others.pop().rename(self.folder)
        for other in others:
            shutil.rmtree(other)
        keep_in(self.folder, self.run.lake, (*_WHOLE, "accepted"))
        sink = pa.BufferOutputStream()
        pq.write_table(pa.table({_BORN: born}), sink, compression="zstd")
        content = sink.getvalue().to_pybytes()
        digest = hashlib.sha256(content).hexdigest()[:DIGEST_LENGTH]
        write_whole(self.folder / _BORN / f"part-{digest}.parquet", content)

    def born(self, referrals: int) -> pa.ChunkedArray | None:
        """The days from which the ages of so many referrals are counted; None where they are not known."""
        files = [*kept_in(self.folder, _BORN).values()]
        if len(files) != 1 or not is_whole(files[0]):
            return None
        found = pq.read_table(files[0])[_BORN]
        return found if len(found) == referrals else None

    def changed(self) -> Changed | None:
        """What changed since; None where that is not known, or is too much, or something else was erased."""
        if any(len(kept_in(self.folder, table)) != 1 for table in _WHOLE) or self._replaced("erased_rows"):
            return None
        records = self._ids("accepted", ["record_id"], OF_RECORDS)
        members = self._ids("membership", ["record_id", "person_id", "household_id"], ())
        lives = self._ids("persons", ["person_id", "household_id"], OF_PERSONS)
        headed = self._ids("households", ["household_id"], OF_HOUSEHOLDS)
        if records is None or members is None or lives is None or headed is None:
            return None
        heads = self._heads(headed["household_id"])
        return Changed(
            union(records["record_id"], members["record_id"]),
            union(members["person_id"], lives["person_id"], *heads),
            union(members["household_id"], lives["household_id"], headed["household_id"]),
        )

    def _ids(self, table: str, by: Sequence[str], said: Sequence[str]) -> pa.Table | None:
        """What stands in the columns `by` of all rows that changed in one of them or in those that are `said`."""
        if not all(map(is_whole, self._replaced(table))):
            return None
        found = changed(kept_in(self.folder, table), self._now(table), by, said)
        nothing = pa.table({name: pa.array([], pa.string()) for name in by})
        return None if found is None else pa.concat_tables([nothing, *found])

    def _heads(self, homes: pa.ChunkedArray) -> list[pa.ChunkedArray]:
        """Who headed some households, and who heads them."""
        if not len(homes):
            return []
        states = [*kept_in(self.folder, "households").values(), *self._now("households").values()]
        tables = [pq.read_table(path, columns=["household_id", "head_person_id"]) for path in states]
        return [each["head_person_id"].filter(pa.array(is_one_of(each["household_id"], homes))) for each in tables]

    def _replaced(self, table: str) -> list[Path]:
        """The kept files of a table that the lake has no more."""
        now = {path.name for path in self._now(table).values()}
        return [path for path in kept_in(self.folder, table).values() if path.name not in now]

    def _now(self, table: str) -> dict[str, Path]:
        """The files of a table in the lake, by their folder in it."""
        root = self.run.lake.root
        return {path.parent.relative_to(root).as_posix(): path for path in self.run.lake.files(table)}
