"""What a directorate receives: its own referrals with who and where, as DuckDB, Parquet and a workbook.

Danger: a directorate that keeps the file open must not stop a run, and a run must not show it half a list. Remedy:
each file is built beside the old one and renamed over it, so whoever has the old one open keeps it whole.
Least privilege: the rows of one directorate and, of the columns of `referral_columns.csv`, those whose declaration says
that they are published, in the form that it says (`policy.py`); of other directorates only that they, too, received the
person (`also_referred_to`).
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from assets.publications.changes import Changes, changes
from assets.publications.database import Written, write_database
from assets.publications.edited import keep_if_edited
from assets.publications.editions import (
    MOST_REFERRALS,
    Book,
    Edition,
    Rows,
    books_of,
    counts_of,
    first_books,
    kabupaten_apart,
    workbook_names,
    write_books,
)
from assets.publications.list_parts import (
    OF_ALL,
    OF_THE_MAKING,
    STEMS,
    as_moment,
    as_text,
    list_before,
    moments_of,
    names_of,
    noted_parts,
    standing_workbooks,
    unchanged_parts,
)
from assets.publications.policy import DIRECTORATE, RESTRICTED, Pseudonyms, shaped
from assets.publications.recaps import counted_of, spans_of_kabupaten
from assets.publications.referral_rows import ORDER, columns, in_full, places, referral_table
from assets.publications.referral_workbook import IN_NO_WORKBOOK, OF_FIRST
from assets.publications.standing import (
    DATABASE,
    LIST,
    NOTE,
    RESTRICTED_WORKBOOK,
    WORKBOOK,
    Published,
    Target,
    digests_of,
    files_of,
    present_files,
)
from assets.referrals.history import events_of, latest_of
from validation.answers import mark_of
from validation.categories import pmks_types, restricted_categories
from validation.directorates import directorates
from warehouse.code import code_digest
from warehouse.contents import column_hashes_of_parts
from warehouse.files import private_folder, read_note, replacing, sha256_of, write_whole
from warehouse.lake import digest_of
from warehouse.memory import give_back
from warehouse.processes import shared_out
from warehouse.secret_key import derived

_HERE = Path(__file__).parent
_MINUTE = "%Y-%m-%d %H:%M UTC"
_FEW = 40_000
"""The workbooks of so many referrals take less time than helpers take to start."""
_ROWS_A_GROUP = 1 << 17
"""Rows of the Parquet file that are put in full at a time."""


@cache
def texts() -> dict[str, Any]:
    """What the workbook says to its readers."""
    loaded: dict[str, Any] = yaml.load(
        (_HERE / "referral_texts.yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
    )
    return loaded


class Lists(NamedTuple):
    """What the files of a directorate are made from: tables of `docs/lake.md`; `answers`: the one that counts for each
    referral (`latest_answers`); `names`: gives `record_id` and `nama` of every record, also of lists that no longer
    count."""

    referrals: pd.DataFrame
    persons: pd.DataFrame
    households: pd.DataFrame
    answers: pd.DataFrame
    history: pd.DataFrame
    possible: pd.DataFrame
    names: Callable[[], pd.DataFrame]


def publish_directorate(
    directorate: str,
    lists: Lists,
    target: Target,
    *,
    run_id: str,
    rule_set: str,
    profile: str,
    answers_recorded: int,
    inputs: str = "",
    head: str = "",
    said: Mapping[str, str] | None = None,
    most: int = MOST_REFERRALS,
    workers: int = 1,
) -> Published:
    """Write `rujukan.duckdb`, `.parquet` and `.xlsx` of one directorate into its folder, and `rujukan-terbatas.xlsx`,
    which holds numbers and restricted categories whole, into another. A list of more than `most` referrals goes into
    workbooks of single kabupaten (`editions.py`); those that are no longer wanted go, unless somebody edited them, and
    those of a kabupaten of which no referral changed are not touched.

    Comes in: of `referrals` and `history` only the rows of `directorate` are looked at. Goes out: the files, readable
    by their owner only. Where no referral changed, no file is touched, whatever the run, and no workbook where only
    that changed which none shows, such as the rows of lists that a referral rests on. What is new or has ended is so
    against the list before: the last one that showed another state. A workbook edited in place (answers typed into it)
    is kept under another name, and so is one of which the note of what was written (`.rujukan.json`) cannot be read.
    `answers_recorded`: how many there are of all directorates; the workbooks carry it, so that what they showed is
    known when they come back. `inputs`: one hash over all that goes in, for `standing`. `head`: that of the chain after
    the run; the files carry it. `said`: what other files said of their making (`said_of_their_making`), to write the
    same ones again. `workers`: how many files are written at a time. Raises `ValueError` if a referral's person or
    household is missing.
    """
    whole = referral_table(directorate, lists.referrals, lists.persons, lists.households, lists.answers, lists.possible)
    own = lists.history[lists.history["directorate"] == directorate]
    folder = target.folder
    apart = kabupaten_apart(whole, most)
    spans = spans_of_kabupaten(whole["kode_desa"].to_pandas()) if apart else {"": slice(None)}
    paths = files_of(target, [name for stem in STEMS for name in workbook_names(stem, apart).values()])
    there = present_files(target)
    present = digests_of(there)
    before, events = read_note(folder / NOTE), events_of(own)
    moment = latest_of(events)
    since = list_before(before, moment)
    made_by = [derived(target.pseudonyms.key, "inputs").hex(), rule_set, profile, code_digest(__name__)]
    hashes = dict(zip(spans, column_hashes_of_parts(whole, [*spans.values()]), strict=True))
    contents = {code: digest_of(list(of_columns.values())) for code, of_columns in hashes.items()}
    digest = digest_of(contents, *made_by, str(since))
    last = {"digest": digest, "inputs": inputs, "rows": whole.num_rows}
    if before.get("digest") == digest and present == before["files"]:
        if before.get("inputs") != inputs:
            write_whole(folder / NOTE, json.dumps(before | last, indent=1).encode())
        return Published(whole.num_rows, present, changed=False)
    private_folder(folder)
    now = datetime.strptime(said["disusun"], _MINUTE).replace(tzinfo=UTC) if said else datetime.now(UTC)
    about = _about(directorate, whole, now, run_id=run_id, rule_set=rule_set, profile=profile) | {"bukti": head}
    about["tanda"] = mark_of(directorate, answers_recorded)
    about |= {name: text for name, text in (said or {}).items() if name in OF_THE_MAKING}
    of_list = _changed(own, as_text(since), lists)
    shown = [[value for name, value in each.items() if name not in IN_NO_WORKBOOK] for each in hashes.values()]
    ended = of_list.ended.drop(columns="record_ids").astype("str").to_dict("list")
    made_from = {OF_ALL: digest_of(list(apart), shown, ended), **{code: contents[code] for code in apart}}
    parts = noted_parts(
        moments_of(own["kode_desa"], events, apart),
        {code: [content, *made_by] for code, content in made_from.items()},
        before,
        about,
    )
    as_they_are = standing_workbooks(parts, before, present, apart)
    kept = [
        keep_if_edited(path, [before.get(key, {}).get(name, "") for key in ("files", "files_before")])
        for name, path in there.items()
        if path.suffix == ".xlsx" and name not in as_they_are
    ]
    unchanged = {name: unchanged_parts(name, parts, before, present) for name in (LIST, DATABASE)}
    due = {code: part for code, part in parts.items() if as_they_are.isdisjoint(names_of(code, apart))}
    moments = {part["list_before"] for part in due.values()} - {as_text(since)}
    changed = {as_text(since): of_list} | {text: _changed(own, text, lists) for text in moments}
    of_all = _editions(of_list, about)
    of_parts = {code: _editions(changed[part["list_before"]], about | part["said"]) for code, part in due.items()}
    del lists, own  # more than what is written takes
    give_back()
    with ExitStack() as together:
        made = {n: together.enter_context(replacing(path)) for n, path in paths.items() if n not in as_they_are}
        for name in made:
            if name.startswith(RESTRICTED_WORKBOOK):
                target.opening(paths[name])
        of_last = _last_written(paths[LIST], unchanged[LIST], whole.schema) if unchanged[LIST] else {}
        database = Written(paths[DATABASE], unchanged[DATABASE]) if unchanged[DATABASE] else None
        _write(made, of_all, of_parts, whole, spans, target.pseudonyms, apart, workers, of_last, database)
        files = {name: sha256_of(made[name]) if name in made else present[name] for name in paths}
        note = {**last, "files": files, "moment": as_text(moment), "list_before": as_text(since), "parts": parts}
        write_whole(folder / NOTE, json.dumps(note | {"files_before": present}, indent=1).encode())
    for name in there.keys() - paths.keys():
        there[name].unlink()
    return Published(whole.num_rows, files, changed=True, kept=next((path.name for path in kept if path), None))


Editions = Mapping[str, Edition]
"""The editions of a list, by what the names of their workbooks begin with."""


def _editions(changed: Changes, about: Mapping[str, str]) -> Editions:
    unnamed = changed._replace(ended=_without_restricted(changed.ended))
    return {
        WORKBOOK: Edition(DIRECTORATE, unnamed, about),
        RESTRICTED_WORKBOOK: Edition(RESTRICTED, changed, about),
    }


def _write(
    paths: Mapping[str, Path],
    of_all: Editions,
    of_parts: Mapping[str, Editions],
    whole: pa.Table,
    spans: Mapping[str, slice],
    pseudonyms: Pseudonyms,
    apart: Mapping[str, str],
    workers: int,
    of_last: Mapping[str, pa.Table],
    database: Written | None,
) -> None:
    """Write files of a directorate; `of_parts`: the editions of each kabupaten, or of the whole list, whose workbooks
    are to be written; `of_last`: the published rows of those that did not change; `database`: `before` as in
    `write_database`. Kabupaten are shaped one after another, beside the writing of those that are, and all files but
    workbooks are written then."""
    longest = sorted(spans, key=lambda code: len(whole[spans[code]]), reverse=True)

    def tables(code: str) -> dict[str, pa.Table]:
        made: dict[tuple[str, str], pa.Array] = {}
        shown = of_parts.get(code if apart else OF_ALL, {})
        if code in of_last and not shown:
            return {WORKBOOK: of_last[code]}
        shown, rows = shown or {WORKBOOK: of_all[WORKBOOK]}, whole[spans[code]]
        return {stem: published_table(rows, each.publication, pseudonyms, made) for stem, each in shown.items()}

    with ThreadPoolExecutor(1) as beside:
        shaped = {code: beside.submit(tables, code) for code in longest}
        whole_list = beside.submit(lambda: pa.concat_tables([shaped[code].result()[WORKBOOK] for code in spans]))
        others = beside.submit(lambda: _write_others(paths, whole_list.result(), of_all[WORKBOOK], database))

        def of_first(editions: Editions) -> dict[str, pa.Table]:
            if not apart:
                return shaped[""].result()
            rows = whole.select(OF_FIRST)
            return {stem: published_table(rows, each.publication, pseudonyms) for stem, each in editions.items()}

        def books() -> Iterator[tuple[list[Book], Rows, str, date]]:
            left = deque(code for code in longest if code in of_parts)

            def of_one(code: str) -> tuple[list[Book], Rows, str, date]:
                own = books_of(
                    code, paths, of_parts[code], shaped[code].result(), counted_of(whole[spans[code]]), apart
                )
                return *own, _day(of_parts[code])

            while left and not others.done():  # what follows takes as much memory as the database
                yield of_one(left.popleft())
            if first := of_parts.get(OF_ALL):
                for each in first_books(paths, first, of_first(first), counted_of(whole), apart):
                    yield *each, _day(first)
            yield from map(of_one, left)

        calls = ((*each, texts(), on) for *each, on in books())
        due = sum(len(whole[spans[code]]) for code in spans if (code if apart else OF_ALL) in of_parts)
        for _ in shared_out(write_books, calls, workers if due > _FEW else 1, at_once=True):
            pass
        others.result()


def _day(editions: Editions) -> date:
    """The day on which waiting counts: when the files were made."""
    return datetime.strptime(editions[WORKBOOK].about["disusun"], _MINUTE).date()


def _write_others(paths: Mapping[str, Path], table: pa.Table, edition: Edition, before: Written | None) -> None:
    """Write the files of a list that are no workbooks. `before`: as in `write_database`."""
    write_database(paths[DATABASE], table, edition.changed, edition.about, before)
    said = table.replace_schema_metadata(edition.about)
    with pq.ParquetWriter(paths[LIST], in_full(said[:0]).schema, compression="zstd") as file:
        for start in range(0, max(len(said), 1), _ROWS_A_GROUP):
            file.write_table(in_full(said[start : start + _ROWS_A_GROUP]).combine_chunks())


def said_of_their_making(folder: Path) -> dict[str, str]:
    """What the files in a directorate's folder say of when and by which run they were made. Raises what reading a
    damaged file raises."""
    said = pq.read_schema(folder / LIST).metadata or {}
    return {name: said[name.encode()].decode() for name in OF_THE_MAKING if name.encode() in said}


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


def _last_written(path: Path, kabupaten: Collection[str], schema: pa.Schema) -> dict[str, pa.Table]:
    """The published rows of some kabupaten, as the list at `path` (Parquet) has them. `schema`: of the table before any
    policy."""
    shared = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    with pq.ParquetFile(path, memory_map=True, read_dictionary=shared) as file:
        rows = file.read()
    rows = rows.cast(pa.schema([schema.field(name) for name in rows.column_names]))
    spans = spans_of_kabupaten(rows["kode_desa"].to_pandas())
    return {code: rows[spans[code]] for code in kabupaten}


def _changed(history: pd.DataFrame, since: str | None, lists: Lists) -> Changes:
    found = changes(history, as_moment(since))
    return found._replace(ended=_named(found.ended, lists))


def _named(ended: pd.DataFrame, lists: Lists) -> pd.DataFrame:
    """Ended referrals with whose they were and where. Who is in no list any more is named as the records say that the
    referral rested on; who was erased is named by nobody."""
    kinds = {code: kind.nama for code, kind in pmks_types().items()}
    named = ended.merge(lists.persons[["person_id", "nama"]], on="person_id", how="left")
    if named["nama"].isna().any():
        stated = lists.names().set_index("record_id")["nama"]
        first = named["record_ids"].explode().map(stated).groupby(level=0).first()
        named["nama"] = named["nama"].fillna(first)
    named = named.merge(places(named["kode_desa"]), on="kode_desa", how="left")
    named = named.assign(kategori=named["kode_pmks"].map(kinds).fillna(named["kode_pmks"]))
    return named.sort_values(["kode_desa", "referral_id"], ignore_index=True)  # not by name, which tells of hidden ones


def _without_restricted(ended: pd.DataFrame) -> pd.DataFrame:
    """The same without names where the category is restricted."""
    return ended.assign(nama=ended["nama"].where(~ended["kode_pmks"].isin(restricted_categories())))


def _about(
    directorate: str, counted: pa.Table, now: datetime, *, run_id: str, rule_set: str, profile: str
) -> dict[str, str]:
    return {
        "direktorat": directorate,
        "nama_direktorat": directorates()[directorate].nama,
        "disusun": now.strftime(_MINUTE),
        "run_id": run_id,
        "profil": profile,
        "rule_set": rule_set,
        **counts_of(counted),
        "cara_membaca": "SELECT * FROM v_daftar_lapangan; arti tabel dan kolom: SELECT * FROM duckdb_columns()",
    }
