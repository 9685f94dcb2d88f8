"""What a directorate receives: its own referrals with who and where, as DuckDB, Parquet and a workbook.

Danger: a directorate that keeps the file open must not stop a run, and a run must not show it half a list. Remedy:
each file is built beside the old one and renamed over it, so whoever has the old one open keeps it whole.
Least privilege: the rows of one directorate and the columns of `referral_columns.csv`, nothing else; of other
directorates only that they, too, received the person (`also_referred_to`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from assets.publications.changes import changes, latest_change
from assets.publications.edited import keep_if_edited
from assets.publications.referral_workbook import write_workbook
from validation.answers import mark_of
from validation.categories import pmks_types
from validation.directorates import directorates
from validation.regions import village
from warehouse.code import code_digest
from warehouse.connection import opened
from warehouse.files import read_note, replacing, sha256_of, write_whole
from warehouse.lake import digest_of
from warehouse.tables import ARROW_TYPES

_HERE = Path(__file__).parent
_MANIFEST = ".rujukan.json"
_FILES = ("rujukan.duckdb", "rujukan.parquet", "rujukan.xlsx")


@dataclass(frozen=True)
class Published:
    """What a directorate's folder holds now. `files`: SHA-256 by file name. `changed`: whether anything was written.

    `kept`: the name under which a workbook that someone had edited in place was kept, if there was one.
    """

    rows: int
    files: dict[str, str]
    changed: bool
    kept: str | None = None


@cache
def columns() -> pd.DataFrame:
    """The published columns in order, from `referral_columns.csv`, one row a column."""
    return pd.read_csv(_HERE / "referral_columns.csv", dtype={"sheet_order": "Int64", "width": "Int64"})


@cache
def texts() -> dict[str, Any]:
    """What the workbook says to its readers."""
    loaded: dict[str, Any] = yaml.load(
        (_HERE / "referral_texts.yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
    )
    return loaded


def publish_directorate(
    directorate: str,
    referrals: pd.DataFrame,
    persons: pd.DataFrame,
    households: pd.DataFrame,
    answers: pd.DataFrame,
    history: pd.DataFrame,
    target: Path,
    *,
    run_id: str,
    rule_set: str,
    profile: str,
    answers_recorded: int,
) -> Published:
    """Write `rujukan.duckdb`, `.parquet` and `.xlsx` of one directorate into the folder `target`.

    Comes in: the tables of `docs/lake.md`; of `referrals` and `history` only the rows of `directorate` are looked at.
    Goes out: the files, readable by their owner only. Where no referral changed, no file is touched, whatever the run.
    What is new or has ended is so against the list before: the last one that showed another state. A workbook edited
    in place (answers typed into it) is kept under another name, and so is one of which the note of what was written
    (`.rujukan.json`) cannot be read. `answers_recorded`: how many there are of all directorates; the workbook carries
    it, so that what it showed is known when it comes back.
    Raises `ValueError` if a referral's person or household is missing. Never writes outside `target`.
    """
    table = referral_table(directorate, referrals, persons, households, answers)
    own = history[history["directorate"] == directorate]
    before, moment = read_note(target / _MANIFEST), latest_change(own)
    since = list_before(before, moment)
    digest = digest_of(_content_hash(table), rule_set, profile, code_digest(__name__), str(since))
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    present = {name: sha256_of(target / name) for name in _FILES if (target / name).exists()}
    if before.get("digest") == digest and present == before["files"]:
        return Published(len(table), present, changed=False)
    kept = keep_if_edited(target / "rujukan.xlsx", before.get("files", {}).get("rujukan.xlsx", ""))
    now = datetime.now(UTC)
    about = _about(directorate, table, now, run_id=run_id, rule_set=rule_set, profile=profile)
    about["tanda"] = mark_of(directorate, answers_recorded)
    changed = changes(own, since)
    changed = changed._replace(ended=_named(changed.ended, persons))
    with replacing(target / "rujukan.duckdb") as path:
        _write_duckdb(path, table, about)
    with replacing(target / "rujukan.parquet") as path:
        pq.write_table(table.replace_schema_metadata(about), path, compression="zstd")
    with replacing(target / "rujukan.xlsx") as path:
        write_workbook(path, table, changed, columns(), texts(), about, now.date())
    files = {name: sha256_of(target / name) for name in _FILES}
    note = {"digest": digest, "files": files, "moment": _text(moment), "list_before": _text(since)}
    write_whole(target / _MANIFEST, json.dumps(note, indent=1).encode())
    return Published(len(table), files, changed=True, kept=kept.name if kept else None)


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


def referral_table(
    directorate: str,
    referrals: pd.DataFrame,
    persons: pd.DataFrame,
    households: pd.DataFrame,
    answers: pd.DataFrame,
) -> pa.Table:
    """The published table of one directorate: columns and types of `referral_columns.csv`, by village and name.

    A person's address is that of the person's latest list, or else the household's. `answers`: the answer that counts
    for each referral (`latest_answers`), shown beside it.
    """
    mine = referrals[referrals["directorate"] == directorate]
    for key, known in (("person_id", persons), ("household_id", households)):
        absent = int((~mine[key].isin(known[key])).sum())
        if absent:
            raise ValueError(f"{absent} referrals of {directorate} have a {key} that is not in the table of {key}s")
    declared = columns()
    of = {source: group["column"].tolist() for source, group in declared.groupby("source")}
    table = mine[of["referral"]].merge(
        persons[["person_id", *of["person"], *of["address"]]], on="person_id", how="left", validate="m:1"
    )
    home = table[["household_id"]].merge(households[["household_id", *of["address"]]], how="left", validate="m:1")
    without_address = table[of["address"]].isna().all(axis=1)
    table.loc[without_address, of["address"]] = home.loc[without_address, of["address"]]
    table = table.merge(_homes(households, persons), on="household_id", how="left", validate="m:1")
    table["kategori"] = table["kode_pmks"].map({code: kind.nama for code, kind in pmks_types().items()})
    table = table.merge(_answered(answers), on="referral_id", how="left", validate="1:1")
    table = table.merge(_places(table["kode_desa"]), on="kode_desa", how="left", validate="m:1")
    table = table.sort_values(["kode_desa", "nama", "kode_pmks", "referral_id"], ignore_index=True)
    schema = pa.schema(
        [
            pa.field(name, ARROW_TYPES[kind], metadata={"description": text})
            for name, kind, text in declared[["column", "type", "description"]].itertuples(index=False)
        ]
    )
    return pa.Table.from_pandas(table[schema.names], schema=schema, preserve_index=False).replace_schema_metadata()


def _homes(households: pd.DataFrame, persons: pd.DataFrame) -> pd.DataFrame:
    """Of each household the name of its head and how many people are known in it."""
    names = persons.set_index("person_id")["nama"]
    heads = households["head_person_id"].map(names)
    return households[["household_id"]].assign(kepala=heads, anggota=households["members"])


def _named(ended: pd.DataFrame, persons: pd.DataFrame) -> pd.DataFrame:
    """Ended referrals with whose they were and where, as far as that is still known."""
    kinds = {code: kind.nama for code, kind in pmks_types().items()}
    named = ended.merge(persons[["person_id", "nama"]], on="person_id", how="left")
    named = named.merge(_places(named["kode_desa"]), on="kode_desa", how="left")
    return named.assign(kategori=named["kode_pmks"].map(kinds).fillna(named["kode_pmks"]))


def _answered(answers: pd.DataFrame) -> pd.DataFrame:
    """What the workbook's columns for answers say of each referral: as a directorate would type it."""
    reason = answers["alasan_kode"].str.cat(answers["keterangan"], sep=": ")
    reason = reason.fillna(answers["alasan_kode"]).fillna(answers["keterangan"])
    filled = answers[["referral_id"]].assign(jawaban=answers["status"], alasan_jawaban=reason)
    return filled.assign(tanggal_jawaban=pd.to_datetime(answers["tanggal_jawaban"]).astype("datetime64[us]"))


def _places(codes: pd.Series) -> pd.DataFrame:
    """Names of the villages and what they lie in; an unknown code keeps empty names."""
    known = {code: village(code) for code in codes.dropna().unique()}
    rows = [(c, v.name, v.kecamatan, v.kabupaten, v.provinsi) for c, v in known.items() if v is not None]
    return pd.DataFrame(rows, columns=["kode_desa", "desa", "kecamatan", "kabupaten", "provinsi"], dtype="str")


def _about(
    directorate: str, table: pa.Table, now: datetime, *, run_id: str, rule_set: str, profile: str
) -> dict[str, str]:
    return {
        "direktorat": directorate,
        "nama_direktorat": directorates()[directorate].nama,
        "disusun": now.strftime("%Y-%m-%d %H:%M UTC"),
        "run_id": run_id,
        "profil": profile,
        "rule_set": rule_set,
        "rujukan": str(table.num_rows),
        "orang_atau_rumah_tangga": str(_subjects(table)),
        "desa": str(len(table["kode_desa"].unique())),
        "cara_membaca": "SELECT * FROM rujukan; keterangan kolom: SELECT * FROM duckdb_columns()",
    }


def _subjects(table: pa.Table) -> int:
    frame = table.select(["subject", "person_id", "household_id"]).to_pandas()
    subject = frame["person_id"].where(frame["subject"] == "person", frame["household_id"])
    return len(pd.DataFrame({"kind": frame["subject"], "id": subject}).drop_duplicates())


def _write_duckdb(path: Path, table: pa.Table, about: Mapping[str, str]) -> None:
    with opened(path, read_only=False) as con:
        con.register("arrow_rujukan", table)
        con.execute("BEGIN").fetchall()  # else each statement waits for the disk
        con.execute("CREATE TABLE rujukan AS SELECT * FROM arrow_rujukan").fetchall()
        con.execute("CREATE TABLE tentang (kunci VARCHAR PRIMARY KEY, nilai VARCHAR)").fetchall()
        con.executemany("INSERT INTO tentang VALUES (?, ?)", [list(pair) for pair in about.items()])
        con.execute(f"COMMENT ON TABLE rujukan IS '{about['nama_direktorat']}: satu baris satu rujukan'").fetchall()
        for field in table.schema:
            text = field.metadata[b"description"].decode().replace("'", "''")
            con.execute(f"COMMENT ON COLUMN rujukan.{field.name} IS '{text}'").fetchall()
        con.execute("COMMIT").fetchall()
        con.unregister("arrow_rujukan")


def _content_hash(table: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()
