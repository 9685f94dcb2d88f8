"""The vectorised records room agrees with the row-by-row oracle, count for count, on rows of every kind of dirt."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.records import DESA, Built, Row, built, judge_row_by_row, place_of, raw_row
from validation.findings import CATALOGUE

NIKS = [
    "1610054107850003", "1610050107850003", "1610050701850003", "'1610054107850003", "16.1005.410785.0003",
    "161005410785000", "16100541078500033", "16100541O7850003", "161005410785000?", "1610054107850000",
    "1610053202850003",
    "1610052902010003", "1610052902000003", "9971010101900001", "9171010101900001", "1610050107850000",
    "1610056107650012", "1610050101100001", "9999999999999999", "1234567890123456", "0", "-", "", "belum punya", "3333",
    "1,61005E+15", " 1610054107850003\xa0",
]  # fmt: skip
DATES = [
    ("1985-07-01", "d"), ("01-07-1985", "t"), ("07/01/1985", "t"), ("1 Juli 1985", "t"), ("1-VII-1985", "t"),
    ("31229", "n"),
    ("01-07-85", "t"), ("30-12-24", "t"), ("29-02-00", "t"), ("1985", "t"), ("07-1985", "t"), ("± 60 th", "t"),
    ("60 thn", "t"),
    ("2026-01-01", "d"), ("1899-01-01", "t"), ("0000-00-00", "t"), ("00-00-1950", "t"), ("31-02-1990", "t"),
    ("13/25/1990", "t"),
    ("12/25/1990", "t"), ("tidak tahu 5", "t"), ("", "."), ("-", "t"), ("2018-05-05", "d"), ("1964-03-03", "d"),
    ("1965-01-01", "d"), ("2019-06-30", "d"), ("#N/A", "e"), ("2005-12-31", "t"), ("31/12/2006", "t"),
    ("03/04/1971", "t"), ("11/30/1968", "t"), ("02/29/96", "t"), ("12-11-80", "t"), ("06-25-1980", "t"),
]  # fmt: skip
POOLS: dict[str, list[str]] = {
    "no_kk": NIKS,
    "nama": ["SITI AMINAH", "siti  aminah", "H. Abd. Rahman (ALM)", "KARTO / SUMI", "-", "", "X", "alm. udin", "Alma",
             "Masjid  Al-Ikhlas", "kelompok tani maju"],
    "jenis_kelamin": ["L", "P", "Pr.", "laki-laki", "1", "", "?", "waria"],
    "umur": ["", "60", "± 59 th", "5 bln", "1.56379E+11", "200", "17", "19", "-"],
    "hubungan": ["KK", "Kepala Keluarga", "istri", "anak", "tetangga", "", "-"],
    "alamat": ["DUSUN II RT 03 RW 01", "Jl. Melati no. 5", "", "DSN. MAWAR RT.2/4", "RT III/I"],
    "dusun": ["", "KRAJAN", "-"],
    "rt": ["", "003", "3/1", "RT 03 RW 01", "III/I", "entah", "-"],
    "rw": ["", "1", "003-001", "II"],
    "kategori": [
        "Fakir Miskin", "FM + RTLH", "lansia terlantar", "WRSE", "PMKS-01", "anak terlantar", "Pnyandang disabilitas",
        "cacat tidak terlantar", "tuna netra", "ABH; entah apa", "????", "", "09", "PMKS-08, PMKS-24", "AMPK", "ADK",
    ],
    "jenis_disabilitas": ["", "", "fisik", "Tuna Netra", "entah", "-"],
    "terlantar": ["", "", "Ya", "tidak"],
    "keterangan": ["", "", "terlantar", "tidak terlantar", "belum dapat bantuan"],
}  # fmt: skip


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    """A few rows in up to three lists, every cell out of a pool of what villages write."""
    made = []
    for number in range(draw(st.integers(1, 14))):
        cells = {name: draw(st.sampled_from(pool)) for name, pool in POOLS.items()}
        cells["nik"] = draw(st.sampled_from(NIKS))
        cells["tanggal_lahir"], kind = draw(st.sampled_from(DATES))
        kinds = {"tanggal_lahir": kind}
        for name in ("nik", "no_kk"):
            if cells[name].isdigit() and draw(st.booleans()):
                kinds[name] = "n"
        if draw(st.integers(0, 9)) == 0:
            cells["rt"], kinds["rt"] = "2024-01-03", "d"
        if draw(st.integers(0, 9)) == 0:
            kinds["kategori"] = "u"
        more: dict[str, Any] = {
            "submission_id": draw(st.sampled_from("ab")) * 64,
            "sheet": draw(st.sampled_from(["", "Lembar 2"])),
            "periode": draw(st.sampled_from(["2024", "2024-S1", "2023-06"])),
            "skema_kode": draw(st.sampled_from([None, None, "permensos-8-2012", "kepmensos-24-1996"])),
            "kode_desa": draw(st.sampled_from([DESA, DESA, "16.10.01.2001", None])),
            "kategori_tanda": draw(st.sampled_from([[], [], ["Fakir Miskin"], ["Lanjut Usia Terlantar", "RTLH"]])),
            "kategori_berkas": draw(st.sampled_from([[], [], ["23"], ["LEG-RTLH"]])),
            "tersembunyi": draw(st.integers(0, 9)) == 0,
        }
        made.append(raw_row(number + 2, kinds=kinds, **cells, **more))
    return made


def build(made: list[Row]) -> Built:
    return built(made)


def plain(value: Any) -> Any:
    """A cell of a frame as the oracle writes it."""
    if isinstance(value, list):
        return value
    if pd.isna(value):
        return None
    return value.date() if isinstance(value, pd.Timestamp) else value


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(rows())
def test_the_room_and_the_oracle_agree_on_every_record_reason_and_finding(made: list[Row]) -> None:
    want, got = judge_row_by_row(made), build(made)
    accepted = {place_of(r): {str(k): plain(v) for k, v in r.items()} for r in got.accepted.to_dict("records")}  # type: ignore[arg-type]
    assert accepted.keys() == want.accepted.keys()
    for place, expected in want.accepted.items():
        assert {name: accepted[place][name] for name in expected} == expected
    reasons = {place_of(r): r["reasons"] for r in got.quarantined.to_dict("records")}  # type: ignore[arg-type]
    assert reasons == want.quarantined
    found = Counter((place_of(r), r["code"], plain(r["field"])) for r in got.findings.to_dict("records"))  # type: ignore[arg-type]
    assert found == Counter(want.findings)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(rows(), st.randoms(use_true_random=False))
def test_every_row_has_one_outcome_and_the_order_of_rows_does_not_matter(made: list[Row], chance: Any) -> None:
    one = build(made)
    places = Counter(map(place_of, made))
    in_tables = Counter(place_of(r) for t in (one.accepted, one.quarantined) for r in t.to_dict("records"))  # type: ignore[arg-type]
    assert in_tables == places == Counter(place_of(r) for r in one.outcomes.to_dict("records"))  # type: ignore[arg-type]
    assert all(reasons and set(reasons) <= CATALOGUE.keys() for reasons in one.quarantined["reasons"])
    other = build(chance.sample(made, len(made)))
    for table in ("accepted", "quarantined", "findings", "outcomes"):
        pd.testing.assert_frame_equal(getattr(one, table), getattr(other, table))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(rows())
def test_lists_do_not_see_each_other(made: list[Row]) -> None:
    together = build(made)
    for table in ("accepted", "quarantined", "findings"):
        alone = [
            comparable(getattr(build([r for r in made if r["submission_id"] == submission]), table))
            for submission in sorted({r["submission_id"] for r in made})
        ]
        pd.testing.assert_frame_equal(comparable(getattr(together, table)), pd.concat(alone, ignore_index=True))


def comparable(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame with plain text in place of shared text: which texts a column knows besides does not count."""
    return frame.astype(dict.fromkeys(frame.select_dtypes("category"), "str"))
