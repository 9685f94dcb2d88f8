"""What a directorate receives: its own referrals with who and where, as DuckDB, Parquet and a workbook.

Danger: a directorate that keeps the file open must not stop a run, and a run must not show it half a list. Remedy:
each file is built beside the old one and renamed over it, so whoever has the old one open keeps it whole.
Least privilege: the rows of one directorate and, of the columns of `referral_columns.csv`, those whose declaration says
that they are published, in the form that it says (`policy.py`); of other directorates only that they, too, received the
person (`also_referred_to`).
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
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

from assets.publications.changes import changes
from assets.publications.database import write_database
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
from assets.publications.policy import DIRECTORATE, RESTRICTED, Pseudonyms, shaped
from assets.publications.recaps import COUNTED, spans_of_kabupaten
from assets.publications.referral_rows import ORDER, columns, places, referral_table
from assets.publications.standing import NOTE, RESTRICTED_WORKBOOK, WORKBOOK, Published, Target, files_of, present_files
from assets.referrals.history import latest_event
from validation.answers import mark_of
from validation.categories import pmks_types, restricted_categories
from validation.directorates import directorates
from warehouse.code import code_digest
from warehouse.files import private_folder, read_note, replacing, sha256_of, write_whole
from warehouse.lake import digest_of
from warehouse.processes import shared_out
from warehouse.secret_key import derived

_HERE = Path(__file__).parent
_MINUTE = "%Y-%m-%d %H:%M UTC"
_ROWS_AT_A_TIME = 100_000
_FEW = 40_000
"""The workbooks of so many referrals take less time than helpers take to start."""
_STEMS = (WORKBOOK, RESTRICTED_WORKBOOK)
_OF_THE_MAKING = ("disusun", "run_id", "bukti", "tanda")
"""What files say of when and by which run they were made: it stays while the list stays."""


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
    workbooks of single kabupaten (`editions.py`); those that are no longer wanted go, unless somebody edited them.

    Comes in: of `referrals` and `history` only the rows of `directorate` are looked at. Goes out: the files, readable
    by their owner only. Where no referral changed, no file is touched, whatever the run. What is new or has ended is so
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
    paths = files_of(target, [name for stem in _STEMS for name in workbook_names(stem, apart).values()])
    there = present_files(target)
    present = {name: sha256_of(path) for name, path in there.items()}
    before, moment = read_note(folder / NOTE), latest_event(own)
    since = list_before(before, moment)
    key = derived(target.pseudonyms.key, "inputs").hex()
    digest = digest_of(_content_hash(whole), key, rule_set, profile, code_digest(__name__), str(since))
    made_from = {"digest": digest, "inputs": inputs, "rows": whole.num_rows}
    if before.get("digest") == digest and present == before["files"]:
        if before.get("inputs") != inputs:
            write_whole(folder / NOTE, json.dumps(before | made_from, indent=1).encode())
        return Published(whole.num_rows, present, changed=False)
    private_folder(folder)
    kept = [
        keep_if_edited(path, [before.get(key, {}).get(name, "") for key in ("files", "files_before")])
        for name, path in there.items()
        if path.suffix == ".xlsx"
    ]
    now = datetime.strptime(said["disusun"], _MINUTE).replace(tzinfo=UTC) if said else datetime.now(UTC)
    about = _about(directorate, whole, now, run_id=run_id, rule_set=rule_set, profile=profile) | {"bukti": head}
    about["tanda"] = mark_of(directorate, answers_recorded)
    about |= {name: text for name, text in (said or {}).items() if name in _OF_THE_MAKING}
    changed = changes(own, since)
    changed = changed._replace(ended=_named(changed.ended, lists))
    del lists, own  # more than what is written takes
    unnamed = changed._replace(ended=_without_restricted(changed.ended))
    editions = {
        WORKBOOK: Edition(DIRECTORATE, unnamed, about),
        RESTRICTED_WORKBOOK: Edition(RESTRICTED, changed, about),
    }
    with ExitStack() as together:
        made = {name: together.enter_context(replacing(path)) for name, path in paths.items()}
        for name in paths:
            if name.startswith(RESTRICTED_WORKBOOK):
                target.opening(paths[name])
        _write(made, editions, whole, target.pseudonyms, apart, now.date(), workers)
        files = {name: sha256_of(path) for name, path in made.items()}
        note = {**made_from, "files": files, "moment": _text(moment), "list_before": _text(since)}
        write_whole(folder / NOTE, json.dumps(note | {"files_before": present}, indent=1).encode())
    for name in there.keys() - paths.keys():
        there[name].unlink()
    return Published(whole.num_rows, files, changed=True, kept=next((path.name for path in kept if path), None))


def _write(
    paths: Mapping[str, Path],
    editions: Mapping[str, Edition],
    whole: pa.Table,
    pseudonyms: Pseudonyms,
    apart: Mapping[str, str],
    on: date,
    workers: int,
) -> None:
    """Write all files of a directorate; `editions`: by what the names of their workbooks begin with. Kabupaten are
    shaped one after another, beside the writing of those that are, and all files but workbooks are written then."""
    spans = spans_of_kabupaten(whole["kode_desa"].to_pandas()) if apart else {"": slice(None)}
    longest = sorted(spans, key=lambda code: len(whole[spans[code]]), reverse=True)

    def tables(code: str) -> dict[str, pa.Table]:
        made: dict[tuple[str, str], pa.Array] = {}
        rows = whole[spans[code]]
        return {stem: published_table(rows, each.publication, pseudonyms, made) for stem, each in editions.items()}

    with ThreadPoolExecutor(1) as beside:
        shaped = {code: beside.submit(tables, code) for code in longest}

        def joined() -> dict[str, pa.Table]:
            return {stem: pa.concat_tables([shaped[code].result()[stem] for code in spans]) for stem in editions}

        lists = beside.submit(joined)
        others = beside.submit(lambda: _write_others(paths, lists.result()[WORKBOOK], editions[WORKBOOK]))

        def books() -> Iterator[tuple[list[Book], Rows, str]]:
            counted = whole.select(COUNTED)
            for code in longest if apart else []:
                yield books_of(code, paths, editions, shaped[code].result(), counted[spans[code]], apart)
            yield from first_books(paths, editions, lists.result(), counted, apart)

        calls = ((*each, columns(), texts(), on) for each in books())
        for _ in shared_out(write_books, calls, workers if len(whole) > _FEW else 1, few=1):
            pass
        others.result()


def _write_others(paths: Mapping[str, Path], table: pa.Table, edition: Edition) -> None:
    """Write the files of a list that are no workbooks."""
    write_database(paths["rujukan.duckdb"], table, edition.changed, edition.about)
    pq.write_table(table.replace_schema_metadata(edition.about), paths["rujukan.parquet"], compression="zstd")


def said_of_their_making(folder: Path) -> dict[str, str]:
    """What the files in a directorate's folder say of when and by which run they were made. Raises what reading a
    damaged file raises."""
    said = pq.read_schema(folder / "rujukan.parquet").metadata or {}
    return {name: said[name.encode()].decode() for name in _OF_THE_MAKING if name.encode() in said}


def published_table(
    whole: pa.Table, publication: str, pseudonyms: Pseudonyms, made: dict[tuple[str, str], pa.Array] | None = None
) -> pa.Table:
    """The columns of the whole table that one publication has, each in its form. `made`: as in `shaped`."""
    rules = dict(zip(columns()["column"], columns()["declared"], strict=True))
    table = shaped(whole, rules, publication, pseudonyms, made)
    if table.select(ORDER).equals(whole.select(ORDER)):
        return table
    return table.sort_by([(name, "ascending") for name in ORDER])  # or a hidden name could be told from its neighbours


def list_before(note: Mapping[str, Any], moment: datetime | None) -> datetime | None:
    """The moment (UTC) that the list before showed, by the note of what was written last.

    `moment`: the one that is written now. A list that is written again, since an answer came or a text was changed,
    is compared with the same list as before.
    """
    written, compared = note.get("moment"), note.get("list_before")
    since = compared if written == _text(moment) else written
    return datetime.fromisoformat(since) if since else None


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


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


class _Hashed(io.RawIOBase):
    """A file that keeps nothing but the hash of what is written to it."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self.hash.update(content)
        return len(content)


def _content_hash(table: pa.Table) -> str:
    hashed = _Hashed()
    with pa.ipc.new_stream(pa.PythonFile(hashed, "w"), table.schema) as writer:
        writer.write_table(table.combine_chunks(), max_chunksize=_ROWS_AT_A_TIME)
    return hashed.hash.hexdigest()
