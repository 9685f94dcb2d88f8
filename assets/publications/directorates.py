"""What a directorate receives: its own referrals with who and where, as DuckDB, Parquet and a workbook.

Danger: a directorate that keeps the file open must not stop a run, and a run must not show it half a list. Remedy:
each file is built beside the old one and renamed over it, so whoever has the old one open keeps it whole.
Least privilege: the rows of one directorate and, of the columns of `referral_columns.csv`, those whose declaration says
that they are published, in the form that it says (`policy.py`); of other directorates only that they, too, received the
person (`also_referred_to`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from assets.publications.changes import Changes, changes
from assets.publications.database import Written
from assets.publications.edited import keep_if_edited
from assets.publications.editions import MOST_REFERRALS, Edition, counts_of, kabupaten_apart, workbook_names
from assets.publications.list_files import MINUTE, Editions, ListFiles, Parted, published_rows
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
from assets.publications.policy import DIRECTORATE, RESTRICTED
from assets.publications.recaps import spans_of_kabupaten
from assets.publications.referral_rows import places, referral_table
from assets.publications.referral_workbook import IN_NO_WORKBOOK
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
from warehouse.secret_key import derived


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
    noted = {"digest": digest, "inputs": inputs, "rows": whole.num_rows}
    if before.get("digest") == digest and present == before["files"]:
        if before.get("inputs") != inputs:
            write_whole(folder / NOTE, json.dumps(before | noted, indent=1).encode())
        return Published(whole.num_rows, present, changed=False)
    private_folder(folder)
    about = _about(directorate, whole, run_id=run_id, rule_set=rule_set, profile=profile) | {"bukti": head}
    about["tanda"] = mark_of(directorate, answers_recorded)
    about |= {name: text for name, text in (said or {}).items() if name in OF_THE_MAKING}
    of_list = _changed(own, as_text(since), lists)
    parts = noted_parts(
        moments_of(own["kode_desa"], events, apart),
        {code: [content, *made_by] for code, content in _made_from(hashes, contents, of_list, apart).items()},
        before,
        about,
    )
    as_they_are = standing_workbooks(parts, before, present, apart)
    kept = _kept_if_edited({name: path for name, path in there.items() if name not in as_they_are}, before)
    due = {code: part for code, part in parts.items() if as_they_are.isdisjoint(names_of(code, apart))}
    moments = {part["list_before"] for part in due.values()} - {as_text(since)}
    changed = {as_text(since): of_list} | {text: _changed(own, text, lists) for text in moments}
    of_parts = {code: _editions(changed[part["list_before"]], about | part["said"]) for code, part in due.items()}
    unchanged = {name: unchanged_parts(name, parts, before, present) for name in (LIST, DATABASE)}
    del lists, own  # more than what is written takes
    give_back()
    shaped_before = published_rows(paths[LIST], unchanged[LIST], whole.schema) if unchanged[LIST] else {}
    database = Written(paths[DATABASE], unchanged[DATABASE]) if unchanged[DATABASE] else None
    rows = Parted(whole, spans, apart)
    due_files = ListFiles(rows, _editions(of_list, about), of_parts, target.pseudonyms, shaped_before, database)
    with ExitStack() as together:
        made = {n: together.enter_context(replacing(path)) for n, path in paths.items() if n not in as_they_are}
        for name in made:
            if name.startswith(RESTRICTED_WORKBOOK):
                target.opening(paths[name])
        due_files.write(made, workers)
        files = {name: sha256_of(made[name]) if name in made else present[name] for name in paths}
        note = {**noted, "files": files, "moment": as_text(moment), "list_before": as_text(since), "parts": parts}
        write_whole(folder / NOTE, json.dumps(note | {"files_before": present}, indent=1).encode())
    for name in there.keys() - paths.keys():
        there[name].unlink()
    return Published(whole.num_rows, files, changed=True, kept=kept)


def _made_from(
    hashes: Mapping[str, Mapping[str, str]],
    contents: Mapping[str, str],
    of_list: Changes,
    apart: Collection[str],
) -> dict[str, str]:
    """What the workbooks of each part show, as one hash. `hashes`: of each column of a part; `contents`: of all of
    them."""
    shown = [[value for name, value in each.items() if name not in IN_NO_WORKBOOK] for each in hashes.values()]
    ended = of_list.ended.drop(columns="record_ids").astype("str").to_dict("list")
    return {OF_ALL: digest_of(list(apart), shown, ended), **{code: contents[code] for code in apart}}


def _kept_if_edited(due: Mapping[str, Path], before: Mapping[str, Any]) -> str | None:
    """Keep those of some workbooks that somebody edited; the name of one."""
    kept = [
        keep_if_edited(path, [before.get(key, {}).get(name, "") for key in ("files", "files_before")])
        for name, path in due.items()
        if path.suffix == ".xlsx"
    ]
    return next((path.name for path in kept if path), None)


def _editions(changed: Changes, about: Mapping[str, str]) -> Editions:
    unnamed = changed._replace(ended=_without_restricted(changed.ended))
    return {
        WORKBOOK: Edition(DIRECTORATE, unnamed, about),
        RESTRICTED_WORKBOOK: Edition(RESTRICTED, changed, about),
    }


def said_of_their_making(folder: Path) -> dict[str, str]:
    """What the files in a directorate's folder say of when and by which run they were made. Raises what reading a
    damaged file raises."""
    said = pq.read_schema(folder / LIST).metadata or {}
    return {name: said[name.encode()].decode() for name in OF_THE_MAKING if name.encode() in said}


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


def _about(directorate: str, counted: pa.Table, *, run_id: str, rule_set: str, profile: str) -> dict[str, str]:
    return {
        "direktorat": directorate,
        "nama_direktorat": directorates()[directorate].nama,
        "disusun": datetime.now(UTC).strftime(MINUTE),
        "run_id": run_id,
        "profil": profile,
        "rule_set": rule_set,
        **counts_of(counted),
        "cara_membaca": "SELECT * FROM v_daftar_lapangan; arti tabel dan kolom: SELECT * FROM duckdb_columns()",
    }
