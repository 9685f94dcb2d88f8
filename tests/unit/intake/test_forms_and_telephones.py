"""Answers to forms on the web, with questions for headers; names that telephones and storage on the web give files."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from assets.intake.inbox.periods import period_in
from assets.intake.inbox.versions import version_of
from assets.intake.sheets.headers import fields_asked
from tests.unit.intake.test_inbox import PLACE, Inbox, rows
from tests.unit.intake.test_layouts import NAMES, kk, nik, people, read

Sheet = list[list[Any]]


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path)


def answered(header: list[str], *values: Any) -> Sheet:
    """Five answers, the time of each first; the name, the NIK and the number of the card are told apart by them."""
    said = {"nama": lambda i: NAMES[i % 8], "nik": nik, "kk": kk}
    return [
        header,
        *[[dt.datetime(2024, 3, i, 8, 5, i), *[said.get(v, lambda _, v=v: v)(i) for v in values]] for i in range(1, 6)],
    ]


def test_long_questions_are_headers_and_the_time_of_an_answer_is_no_birth() -> None:
    header = ["Timestamp", "1. Siapa nama lengkap warga yang didata?", "2. Berapa NIK warga tersebut? (lihat KTP)",
              "3. Apa jenis kelaminnya?", "4. Kapan tanggal lahirnya?", "5. Di mana alamat tempat tinggalnya?",
              "6. Termasuk kategori PMKS apa? (boleh lebih dari satu)", "Berapa nomor KK?",
              "Apakah yang bersangkutan terlantar?", "Siapa nama petugas yang mendata?"]  # fmt: skip
    sheet = answered(header, "nama", "nik", "Perempuan", "12/05/1985", "JL. MELATI", "Fakir Miskin", "kk", "Ya", "RUDI")
    result = read(sheet)
    assert result.hold is None
    assert people(result.sheets[0])[2] == {
        "nama": NAMES[3], "nik": nik(3), "jenis_kelamin": "Perempuan", "tanggal_lahir": "12/05/1985",
        "alamat": "JL. MELATI", "kategori": "Fakir Miskin", "no_kk": kk(3), "terlantar": "Ya",
    }  # fmt: skip


def test_forms_with_short_headers_and_a_time_in_words() -> None:
    header = ["Cap waktu", "Alamat Email", "NAMA LENGKAP SESUAI KTP", "NIK (Nomor Induk Kependudukan)",
              "Nama Lengkap Penyandang Masalah Kesejahteraan Sosial (sesuai KTP)", "Jenis PMKS / PPKS"]  # fmt: skip
    sheet = answered(header, "a@b.c", "nama", "nik", "", "Pengemis")
    for row in sheet[1:]:
        row[0] = "2024/03/01 8:00:00 AM GMT+7"
    (first, *_) = people(read(sheet).sheets[0])
    assert first == {"nama": NAMES[1], "nik": nik(1), "kategori": "Pengemis"}


@pytest.mark.parametrize(
    ("question", "fields"),
    [
        ("Masukkan Nomor Kartu Keluarga (16 digit)", ("no_kk",)), ("Berapa umur anda saat ini?", ("umur",)),
        ("Siapa nama ibu kandungnya?", ("nama_ibu",)), ("Siapa nama petugas yang mendata?", None),
        ("NAMA (IBU)", None), ("NIK (Ayah)", None), ("Apa pendapat anda tentang desa?", None), ("Apa?", None),
        ("Berapa orang yang tinggal di rumah ini?", None), ("Nama pengisi formulir", None),
    ],
)  # fmt: skip
def test_what_a_question_asks_for_has_to_be_left_of_it(question: str, fields: tuple[str, ...] | None) -> None:
    assert fields_asked(question) == fields


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("DATA PMKS (1).xlsx", (1,)), ("Salinan dari DATA PMKS.xlsx", (1,)), ("Copy of DATA PMKS.xlsx", (1,)),
        ("DATA PMKS - Copy.xlsx", (1,)), ("DATA PMKS - Salin (2).xlsx", (1, 2)), ("DATA PMKS.xlsx", ()),
        ("Salinan dari Salinan dari DATA PMKS.xlsx", (1, 1)),
    ],
)  # fmt: skip
def test_a_copy_is_a_newer_version_of_its_original(name: str, version: tuple[int, ...]) -> None:
    assert version_of(name) == ("data pmks", version)


@pytest.mark.parametrize(
    ("title", "period"),
    [
        ("DATA PMKS (PERMENSOS NOMOR 8 TAHUN 2012)", None),
        ("Berdasarkan Peraturan Menteri Sosial RI Nomor 08 Tahun 2012", None),
        ("Keputusan Menteri Sosial Nomor 24/HUK/1996", None),
        ("UU 11/2009, UU 13 TAHUN 1998", None),
        ("DATA PMKS SESUAI PERMENSOS 08/2012 TAHUN 2024", "2024"),
        ("PMKS TAHUN 2024 (UU 11 TAHUN 2009)", "2024"),
        ("PP 39 TAHUN 2012, DATA SEMESTER I 2023", "2023-S1"),
        ("Lampiran Keputusan Kepala Desa Nomor 12 Tahun 2024", "2024"),
        ("PPKS 2024", "2024"),
        ("Keadaan per tanggal 31-12-2023", "2023-12"),
        ("PMKS s.d. 30/6/2024", "2024-06"),
        ("PMKS smt 2 2024", "2024-S2"),
    ],
)
def test_the_year_of_a_law_is_that_of_no_list(title: str, period: str | None) -> None:
    assert period_in(title) == period


@pytest.mark.parametrize(
    "name", ["IMG-20260101-WA0001", "DOC-20240312-WA0005", "WhatsApp Document 2024-03-05 at 10.22"]
)
def test_a_name_that_a_telephone_gave_says_nothing_of_the_period(inbox: Inbox, name: str) -> None:
    assert period_in(name) is None
    assert version_of(f"{name}.xlsx")[1] == ()
    grid = [["NO", "NIK", "NAMA", "L/P", "TGL LAHIR", "JENIS PMKS"], *rows(4)]
    inbox.put(f"{PLACE}/{name}.xlsx", grid)
    inbox.put(f"{PLACE}/Salinan dari {name}.xlsx", [*grid, *rows(1, 20)])
    assert inbox.outcomes() == {f"{PLACE}/{name}.xlsx": "superseded", f"{PLACE}/Salinan dari {name}.xlsx": "accepted"}
