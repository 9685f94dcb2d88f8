"""Each standing check counts what its own query lists, and finds what is put there for it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tests.support.inbox import CHILD, MOTHER, OLD, VILLAGE, WOMAN, home_in, refresh, write_list
from warehouse.connection import opened


def test_each_check_finds_what_is_there_and_its_query_lists_it(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    wrong = OLD | {"NAMA": "BAHARUDDIN", "NIK": "161005010750", "NO KK": "16", "TANGGAL LAHIR": "02-03-1949"}
    nameless = WOMAN | {"NAMA": ""}
    moved = MOTHER | {"ALAMAT": "DUSUN III"}
    write_list(home.inbox / "16.10.05.2036/2023/pmks.csv", [WOMAN | {"NAMA": "SUMIATI", "NIK": ""}, MOTHER])
    write_list(home.inbox / "16.10.05.2036/2024/pmks.csv", [*VILLAGE, wrong, nameless])
    write_list(home.inbox / "16.10.05.2037/2024/pmks.csv", [moved, CHILD])
    refresh(home, "first", datetime(2025, 1, 1))
    with opened(home.warehouse, read_only=True) as con:
        rows = con.execute('SELECT "check", found, among, source, query FROM audit.checks').fetchall()
        found = {name: count for name, count, *_ in rows}
        for name, count, among, source, query in rows:
            ids = con.execute(query).fetchall()
            assert (len(ids), len(set(ids)) == len(ids)) == (count, True), name
            assert 0 <= count <= among and source
    put_there = {"nik_tidak_sah": 1, "nik_kosong": 1, "kk_tidak_sah": 1, "nama_kosong": 1}
    assert found | put_there == found
    assert found["dua_desa"] >= 1
    assert found["meninggal_dirujuk"] == 0
