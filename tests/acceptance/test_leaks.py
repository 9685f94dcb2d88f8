"""Every byte of what is published, unpacked, is searched for what must not be there."""

from __future__ import annotations

import json
import re
import stat
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from validation.categories import restricted_categories
from validation.directorates import directorates
from warehouse.connection import opened
from warehouse.lake import Lake


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Each file below a folder: its bytes, those of its parts where it is packed, and its rows as text."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        yield path.name, path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as parts:
                yield from ((f"{path.name}/{name}", parts.read(name)) for name in parts.namelist())
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            yield f"{path.name} rows", json.dumps([table.to_pylist(), str(table.schema)], default=str).encode()
        if path.suffix == ".duckdb":
            with opened(path, read_only=True) as con:
                for (name,) in con.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall():
                    rows = con.execute(f"SELECT * FROM {name}").fetchall()
                    yield f"{path.name} {name}", json.dumps(rows, default=str, ensure_ascii=False).encode()


@cache
def lake(home: Path) -> dict[str, pd.DataFrame]:
    return {
        name: Lake(home / "lake").read(name) for name in ("accepted", "persons", "membership", "referrals", "history")
    }


def found(texts: set[str], home: Path, folder: Path) -> set[tuple[str, str]]:
    """Which of these texts of at least 8 characters stand where: the parts, and the first characters of a text."""
    wanted = re.compile(b"|".join(sorted(re.escape(text.encode()) for text in texts if len(text) >= 8)))
    return {(name, hit[:3].decode()) for name, content in contents(folder) for hit in wanted.findall(content)}


@pytest.mark.parametrize("directorate", directorates())
def test_no_whole_number_no_stable_id_and_nothing_of_another_directorate_is_published(
    finished: Path, directorate: str
) -> None:
    known, folder = lake(finished), finished / "published" / directorate
    people, members = known["persons"], known["membership"]
    numbers = {*known["accepted"]["nik"], *known["accepted"]["no_kk"], *people["nik"], *people["no_kk"]}
    ids = {*members["person_id"], *members["household_id"], *members["record_id"]}
    others = {*known["history"].query("directorate != @directorate")["referral_id"]}
    texts = {str(text) for text in numbers | ids | others if isinstance(text, str)}
    assert len(texts) > 1000
    assert found(texts, finished, folder) == set()


@pytest.mark.parametrize("directorate", directorates())
def test_categories_and_people_are_those_of_the_directorate(finished: Path, directorate: str) -> None:
    known, folder = lake(finished), finished / "published" / directorate
    mine = known["referrals"].query("directorate == @directorate")
    table = pq.read_table(folder / "rujukan.parquet").to_pandas()
    assert sorted(table["referral_id"]) == sorted(mine["referral_id"])
    assert set(table["kode_pmks"]) == set(mine["kode_pmks"])
    with opened(folder / "rujukan.duckdb", read_only=True) as con:
        assert con.execute("SELECT count(*) FROM rujukan").fetchone() == (len(mine),)
    sealed = table[table["kode_pmks"].isin(restricted_categories())]
    assert sealed[["nama", "nik", "no_kk", "tanggal_lahir", "alamat", "kepala"]].isna().all(axis=None)
    named = set(known["persons"].loc[known["persons"]["person_id"].isin(mine["person_id"]), "nama"])
    assert set(table["nama"].dropna()) <= named
    strangers = known["persons"][~known["persons"]["household_id"].isin(mine["household_id"])]
    namesakes = set(known["persons"].loc[known["persons"]["household_id"].isin(mine["household_id"]), "nama"])
    away = {name for name in strangers["nama"] if not any(name in other for other in namesakes)}
    assert found(away, finished, folder) == set()


def test_two_directorates_cannot_join_their_files(finished: Path) -> None:
    ids: set[str] = set()
    for directorate in directorates():
        table = pq.read_table(finished / "published" / directorate / "rujukan.parquet").to_pandas()
        own = {*table["person_id"], *table["household_id"], *table["referral_id"], *table["record_ids"].explode()}
        assert not own & ids
        ids |= own


def test_the_restricted_file_holds_everything_whole_in_a_folder_of_its_own_and_its_opening_is_logged(
    finished: Path,
) -> None:
    known = lake(finished)
    for directorate in directorates():
        folder = finished / "published" / "terbatas" / directorate
        assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
        mine = known["referrals"].query("directorate == @directorate")
        numbers = set(known["persons"].loc[known["persons"]["person_id"].isin(mine["person_id"]), "nik"].dropna())
        content = b"".join(content for name, content in contents(folder) if name.endswith(".xml"))
        assert all(number.encode() in content for number in numbers)
        ids = {*known["membership"]["person_id"], *known["membership"]["household_id"]}
        assert found(ids, finished, folder) == set()
    lines = [json.loads(line) for line in (finished / "access" / "opened.jsonl").read_text().splitlines()]
    assert {line["file"] for line in lines} == {
        f"published/terbatas/{directorate}/rujukan-terbatas.xlsx" for directorate in directorates()
    }
    assert all(set(line) == {"at", "by", "file", "purpose"} for line in lines)


def test_the_key_lies_outside_of_what_is_published(finished: Path) -> None:
    key = finished / "keys" / "pseudonyms.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert found({key.read_text().split()[0]}, finished, finished / "published") == set()
