"""The published database: views that say what the workbook says, and a comment on everything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from assets.publications.book.field_list import field_rows
from assets.publications.changes import Changes
from assets.publications.database import Written, contents, write_database
from assets.publications.recaps import by_category, by_place_needed
from assets.publications.referral_rows import columns, in_full, referral_table
from tests.support.published import frames
from warehouse import connection
from warehouse.comparing import databases_part
from warehouse.connection import opened

COUNT = 200
PAIRS = [(0, 1, 0.9), (1, 2, 0.4), (3, 4, 0.2), (4, 5, 0.8)]
"""Households that may be one, by number; the last is referred for another category."""
ENDED = pd.DataFrame(
    [{"referral_id": "R", "person_id": "P-RAHASIA", "household_id": "H-RAHASIA", "kode_desa": "16.10.05.2036",
      "desa": "D", "nama": "X", "kode_pmks": "08", "kategori": "K", "tujuan": "T", "valid_to": pd.Timestamp(2026, 1, 2),
      "alasan_berakhir": "Pindah desa"}]
)  # fmt: skip


@pytest.fixture(scope="module")
def table() -> pa.Table:
    """200 referrals in which anything may be missing."""
    rng = np.random.default_rng(3)
    referrals, persons, households, *_ = frames(COUNT)
    mine = referrals.index[referrals["directorate"] == "dayasos"]
    some = {
        "kode_desa": ["16.10.05.2036", "16.10.05.2037", "99.99.99.9999"], "kode_pmks": ["23", "24", "LEG-RTLH"],
        "subject": ["person", "household"], "status": ["dirujuk", "perlu_verifikasi"], "tujuan": ["A", "B"],
        "kepala_tercatat": [True, False], "tercatat_pada_daftar_terbaru": [True, False],
        "telepon": ["0812", None], "wali": ["WALI", None, None], "pendamping": ["RINI", None],
        "since": [pd.Timestamp(2025, 1, 2), pd.Timestamp(2025, 7, 2, 23, 59)],
    }  # fmt: skip
    for name, values in some.items():
        referrals.loc[mine, name] = rng.choice(np.array(values, dtype=object), COUNT)
    for name, values in {"dusun": ["I", "II", None], "rw": ["001", None], "rt": ["002", None]}.items():
        households[name] = persons[name] = rng.choice(np.array(values, dtype=object), COUNT)
    persons["alamat"] = rng.choice(np.array(["JL. SATU", None], dtype=object), COUNT)
    persons["nama"] = [f"NAMA {n}" for n in rng.permutation(COUNT)]
    households["head_person_id"] = [f"p{n}" for n in rng.choice([*range(COUNT)], COUNT)]
    states = rng.choice(["diterima", "ditolak", "dilayani", "selesai"], 150)
    answers = pd.DataFrame(
        {"referral_id": [f"dayasos-{n}" for n in range(150)], "status": states, "alasan_kode": None, "keterangan": None,
         "tanggal_jawaban": None}, dtype="str",
    )  # fmt: skip
    pairs = [(f"h{n}", f"h{m}", p) for n, m, p in PAIRS]
    possible = pd.DataFrame(pairs, columns=["household_id_l", "household_id_r", "probability"]).assign(reason="same_rt")
    referrals.loc[mine[:6], ["subject", "kode_pmks", "kode_desa"]] = ["household", "24", "16.10.05.2036"]
    referrals.loc[mine[5], "kode_pmks"] = "23"
    return referral_table("dayasos", referrals, persons, households, answers, possible)


@pytest.fixture(scope="module")
def con(table: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = tmp_path_factory.mktemp("database") / "rujukan.duckdb"
    changed = Changes(datetime(2026, 1, 1), frozenset(table["referral_id"].to_pylist()[:7]), ENDED)
    write_database(path, table, changed, {"nama_direktorat": "Direktorat Uji"})
    with opened(path, read_only=True) as made:
        yield made


def texts(frame: pd.DataFrame) -> list[list[str]]:
    rows: list[list[str]] = frame.astype("object").where(frame.notna(), "").astype("str").to_numpy().tolist()
    return rows


def test_the_list_to_take_along_is_that_of_the_workbook(table: pa.Table, con: duckdb.DuckDBPyConnection) -> None:
    sheet = field_rows(in_full(table)).to_pandas().drop(columns=["✓", "alasan"])
    names = "kode_desa, desa, dusun, nama, umur, jenis_kelamin, kategori, wali_atau_kepala, alamat, telepon, tujuan"
    shown = con.execute(f"SELECT {names} FROM v_daftar_lapangan").df()
    assert texts(shown) == texts(sheet)
    assert len(shown) == COUNT and shown.notna().any().all()


def test_need_by_village_adds_up_to_the_recaps_of_the_workbook(table: pa.Table, con: duckdb.DuckDBPyConnection) -> None:
    states = ["rujukan", "belum_dijawab", "diterima", "ditolak", "dilayani", "selesai"]
    view, frame = con.execute("SELECT * FROM v_per_desa").df(), in_full(table).to_pandas()
    by_code = view.groupby("kode_pmks")[states].sum()
    assert by_code.to_dict() == pd.DataFrame(by_category(table)).set_index("kode_pmks")[states].to_dict()
    needed = pd.DataFrame(by_place_needed(table)).set_index("tujuan")["dibutuhkan"].to_dict()
    assert view.groupby("tujuan")["belum_terpenuhi"].sum().to_dict() == needed
    assert (view["terpenuhi"] + view["belum_terpenuhi"] + view["ditolak"] == view["rujukan"]).all()
    days = (pd.Timestamp(date.today()) - frame["since"].dt.normalize()).dt.days[frame["jawaban"].isna()]
    middle = days.groupby([frame[name] for name in ("kode_desa", "kode_pmks", "tujuan")]).median()
    shown = view.dropna(subset="hari_menunggu").set_index(["kode_desa", "kode_pmks", "tujuan"])["hari_menunggu"]
    assert shown.to_dict() == middle.to_dict()


def test_no_column_has_a_type_that_other_programs_read_badly(con: duckdb.DuckDBPyConnection) -> None:
    types = con.execute("SELECT DISTINCT data_type FROM information_schema.columns ORDER BY ALL").fetchall()
    assert [name for (name,) in types] == ["BIGINT", "BOOLEAN", "DATE", "DOUBLE", "TIMESTAMP", "VARCHAR", "VARCHAR[]"]


def test_what_is_new_ended_and_unanswered(table: pa.Table, con: duckdb.DuckDBPyConnection) -> None:
    assert {row[0] for row in con.execute("SELECT referral_id FROM v_baru").fetchall()} == set(
        table["referral_id"].to_pylist()[:7]
    )
    ended = con.execute("SELECT * FROM v_berakhir").df().to_dict("records")
    assert [row["alasan_berakhir"] for row in ended] == ["Pindah desa"]
    assert not any("RAHASIA" in str(value) for row in ended for value in row.values()), "whole ids of people"
    waiting = con.execute("SELECT hari_menunggu, jawaban FROM v_belum_dijawab").df()
    assert len(waiting) == 50 and waiting["jawaban"].isna().all() and waiting["hari_menunggu"].is_monotonic_decreasing


def test_households_that_may_be_one_are_said_beside_the_referral_and_counted(con: duckdb.DuckDBPyConnection) -> None:
    said = "SELECT referral_id, mungkin_serumah_dengan, peluang_serumah, alasan_serumah FROM rujukan "
    rows = con.execute(f"{said} WHERE mungkin_serumah_dengan IS NOT NULL ORDER BY referral_id").fetchall()
    names = {n: f"dayasos-{n}" for n in range(6)}
    assert rows == [(names[a], names[b], p, "RT yang sama") for a, b, p in
                    [(0, 1, 0.9), (1, 0, 0.9), (2, 1, 0.4), (3, 4, 0.2), (4, 3, 0.2)]]  # fmt: skip
    shown = con.execute(
        "SELECT desa, pasangan, diperkirakan, paling_sedikit, paling_banyak FROM v_mungkin_ganda"
    ).fetchall()
    assert shown == [("Tanjung Pasir", 3, 1.5, 0.1, 2.9)], "0.9 + 0.4 + 0.2; sqrt(0.09 + 0.24 + 0.16) * 1.96 = 1.372"


def test_every_table_view_and_column_says_what_it_is(con: duckdb.DuckDBPyConnection) -> None:
    tables = "SELECT table_name, comment FROM duckdb_tables()"
    views = "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal"
    told = dict(con.execute(f"{tables} UNION ALL {views}").fetchall())
    assert set(told) == {*contents()["tables"], *contents()["views"]}
    assert all(told.values())
    silent = "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND coalesce(comment, '') = ''"
    assert con.execute(silent).fetchall() == []


def test_a_first_list_without_anybody_has_every_view(table: pa.Table, tmp_path: Path) -> None:
    nothing = Changes(None, frozenset(), ENDED[:0])
    write_database(tmp_path / "kosong.duckdb", table.slice(0, 0), nothing, {"nama_direktorat": "Direktorat Uji"})
    with opened(tmp_path / "kosong.duckdb", read_only=True) as con:
        assert all(con.execute(f"FROM {name}").fetchall() == [] for name in contents()["views"])
    assert len(columns()) == len(table.schema)


@pytest.mark.parametrize("most_deleted", [0.25, -1.0])
def test_only_the_rows_of_other_kabupaten_are_replaced_until_many_were(
    most_deleted: float, table: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = pc.starts_with(table["kode_desa"], "99.99")
    kept, others = table.filter(pc.invert(elsewhere)), table.filter(elsewhere)
    before = Changes(None, frozenset(), ENDED[:0]), {"nama_direktorat": "Direktorat Uji"}
    now = pa.concat_tables([others[5:], kept])
    about = {"nama_direktorat": "Direktorat Uji", "disusun": "kini"}
    changed = Changes(datetime(2026, 1, 1), frozenset(others["referral_id"].to_pylist()[5:9]), ENDED)
    last, anew, again = (tmp_path / f"{name}.duckdb" for name in ("last", "anew", "again"))
    write_database(last, pa.concat_tables([others[:10], kept]), *before)
    write_database(anew, now, changed, about)
    monkeypatch.setattr(connection, "_MOST_DELETED", most_deleted)
    write_database(again, now, changed, about, Written(last, {"16.10"}))
    assert databases_part(anew, again, {}) == []
    with opened(again, read_only=True) as con:
        rows = [row for (row,) in con.execute("SELECT referral_id FROM rujukan ORDER BY rowid").fetchall()]
    replaced, made_anew = ([*kept["referral_id"], *others["referral_id"][5:]], [*now["referral_id"]])
    assert rows == [each.as_py() for each in (replaced if most_deleted > 0 else made_anew)]
