"""The files of a directorate's list that are due: workbooks of both editions, the database and the Parquet file."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from assets.publications.database import Written, write_database
from assets.publications.editions import Book, Edition, Rows, books_of, first_books, write_books
from assets.publications.list_parts import OF_ALL
from assets.publications.policy import Pseudonyms, shaped
from assets.publications.recaps import counted_of, spans_of_kabupaten
from assets.publications.referral_rows import ORDER, columns, in_full
from assets.publications.referral_workbook import OF_FIRST
from assets.publications.standing import DATABASE, LIST, WORKBOOK
from warehouse.processes import shared_out

MINUTE = "%Y-%m-%d %H:%M UTC"
"""How files say when they were made."""
_FEW = 40_000
"""The workbooks of so many referrals take less time than helpers take to start."""
_ROWS_A_GROUP = 1 << 17
"""Rows of the Parquet file that are put in full at a time."""

Editions = Mapping[str, Edition]
"""The editions of a list, by what the names of their workbooks begin with."""
_Due = tuple[list[Book], Rows, str, date]


@cache
def texts() -> dict[str, Any]:
    """What the workbook says to its readers."""
    path = Path(__file__).with_name("referral_texts.yml")
    loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded


class Parted(NamedTuple):
    """All rows of a list before any policy, and the span of each kabupaten among them, by its code. `apart`: those that
    get workbooks of their own, as in `kabupaten_apart`; where none does, one span holds all, under an empty code."""

    whole: pa.Table
    spans: Mapping[str, slice]
    apart: Mapping[str, str]

    def part(self, code: str) -> pa.Table:
        return self.whole[self.spans[code]]

    def name(self, code: str) -> str:
        """By what `noted_parts` calls a part."""
        return code if self.apart else OF_ALL


@dataclass(frozen=True)
class ListFiles:
    """What is to be written. `of_all`: the editions of the whole list; `of_parts`: those of each part (`Parted.name`)
    whose workbooks are due; `shaped_before`: the published rows of kabupaten that did not change; `database`: `before`
    as in `write_database`."""

    rows: Parted
    of_all: Editions
    of_parts: Mapping[str, Editions]
    pseudonyms: Pseudonyms
    shaped_before: Mapping[str, pa.Table]
    database: Written | None

    def write(self, paths: Mapping[str, Path], workers: int) -> None:
        """Write the files of `paths`, by name; `workers`: so many at a time. Kabupaten are shaped one after another,
        beside the writing of those that are, and all files but workbooks are written then."""
        longest = sorted(self.rows.spans, key=lambda code: len(self.rows.part(code)), reverse=True)
        with ThreadPoolExecutor(1) as beside:
            tables = {code: beside.submit(self._shaped, code) for code in longest}
            whole = beside.submit(
                lambda: pa.concat_tables([tables[code].result()[WORKBOOK] for code in self.rows.spans])
            )
            others = beside.submit(lambda: self._write_others(paths, whole.result()))
            calls = ((*each, texts(), on) for *each, on in self._books(paths, longest, tables, others))
            due = sum(len(self.rows.part(code)) for code in longest if self.rows.name(code) in self.of_parts)
            for _ in shared_out(write_books, calls, workers if due > _FEW else 1, at_once=True):
                pass
            others.result()

    def _shaped(self, code: str) -> dict[str, pa.Table]:
        """The rows of a kabupaten by edition; where its workbooks are not due, of the one that other files hold."""
        due = self.of_parts.get(self.rows.name(code), {})
        if code in self.shaped_before and not due:
            return {WORKBOOK: self.shaped_before[code]}
        return self._published(self.rows.part(code), due or {WORKBOOK: self.of_all[WORKBOOK]})

    def _published(self, rows: pa.Table, editions: Editions) -> dict[str, pa.Table]:
        made: dict[tuple[str, str], pa.Array] = {}
        return {stem: published_table(rows, each.publication, self.pseudonyms, made) for stem, each in editions.items()}

    def _books(
        self,
        paths: Mapping[str, Path],
        longest: Sequence[str],
        tables: Mapping[str, Future[dict[str, pa.Table]]],
        others: Future[None],
    ) -> Iterator[_Due]:
        """The workbooks that are due, with the day on which waiting counts: when the files were made."""
        whole, _, apart = self.rows
        left = deque(code for code in longest if code in self.of_parts)

        def of_one(code: str) -> _Due:
            editions, counted = self.of_parts[code], counted_of(self.rows.part(code))
            return *books_of(code, paths, editions, tables[code].result(), counted, apart), _day(editions)

        while left and not others.done():  # what follows takes as much memory as the database
            yield of_one(left.popleft())
        if first := self.of_parts.get(OF_ALL):
            shown = self._published(whole.select(OF_FIRST), first) if apart else tables[""].result()
            for each in first_books(paths, first, shown, counted_of(whole), apart):
                yield *each, _day(first)
        yield from map(of_one, left)

    def _write_others(self, paths: Mapping[str, Path], table: pa.Table) -> None:
        """Write the files that are no workbooks."""
        edition = self.of_all[WORKBOOK]
        write_database(paths[DATABASE], table, edition.changed, edition.about, self.database)
        said = table.replace_schema_metadata(edition.about)
        with pq.ParquetWriter(paths[LIST], in_full(said[:0]).schema, compression="zstd") as file:
            for start in range(0, max(len(said), 1), _ROWS_A_GROUP):
                file.write_table(in_full(said[start : start + _ROWS_A_GROUP]).combine_chunks())


def _day(editions: Editions) -> date:
    return datetime.strptime(editions[WORKBOOK].about["disusun"], MINUTE).date()


def published_table(
    whole: pa.Table,
    publication: str,
    pseudonyms: Pseudonyms,
    made: dict[tuple[str, str], pa.Array] | None = None,
) -> pa.Table:
    """The columns of the whole table, or of one that has `ORDER`, that one publication has, each in its form. `made`:
    as in `shaped`."""
    rules = {name: rule for name, rule in _rules().items() if name in whole.column_names}
    table = shaped(whole, rules, publication, pseudonyms, made)
    if table.select(ORDER).equals(whole.select(ORDER)):
        return table
    return table.sort_by([(name, "ascending") for name in ORDER])  # or a hidden name could be told from its neighbours


def _rules() -> dict[str, str]:
    """For each published column the declared one whose rule it follows."""
    return dict(zip(columns()["column"], columns()["declared"], strict=True))


def published_rows(path: Path, kabupaten: Collection[str], schema: pa.Schema) -> dict[str, pa.Table]:
    """The published rows of some kabupaten, as the list at `path` (Parquet) has them. `schema`: of the table before any
    policy."""
    shared = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    with pq.ParquetFile(path, memory_map=True, read_dictionary=shared) as file:
        rows = file.read()
    rows = rows.cast(pa.schema([schema.field(name) for name in rows.column_names]))
    spans = spans_of_kabupaten(rows["kode_desa"].to_pandas())
    return {code: rows[spans[code]] for code in kabupaten}
