"""Telephone, guardian and companion: what a directorate needs to reach a person, from the list to the record."""

from __future__ import annotations

from typing import Any

import pytest

from assets.intake.sheets.headers import header_fields
from tests.unit.intake.test_layouts import NAMES, column_of, nik, people, read
from warehouse.tables import tables

HEADER = ["NO", "NAMA", "NIK", "JENIS PMKS"]


def column(header: str, cells: list[Any]) -> list[str | None]:
    rows = [[n, NAMES[n], nik(n), "Fakir Miskin", cell] for n, cell in enumerate(cells, 1)]
    sheet = read([[*HEADER, header], *rows]).sheets[0]
    fields = {column.field for column in sheet.columns if column.letter == "E"}
    return [person.get(field) for person in people(sheet) for field in fields - {None} if field]


@pytest.mark.parametrize("header", ["No HP", "NO. TELP/HP", "Nomor Telepon", "No. WhatsApp", "no_hp", "Telepon"])
def test_a_telephone_number_is_kept_as_it_is_written(header: str) -> None:
    written = ["0812-0000-0001", "+62 812 0000 0002", "-", 81200000003, "0812000000041"]
    assert column(header, written) == ["0812-0000-0001", "+62 812 0000 0002", "-", "81200000003", "0812000000041"]


@pytest.mark.parametrize(
    ("header", "field"),
    [("Nama Wali", "wali"), ("Orang Tua/Wali", "wali"), ("PENGAMPU", "wali"), ("Nama Pendamping", "pendamping"),
     ("Pendamping PKH", "pendamping")],
)  # fmt: skip
def test_a_guardian_and_a_companion_are_names(header: str, field: str) -> None:
    rows = [[n, NAMES[n], nik(n), "Fakir Miskin", NAMES[n + 1]] for n in range(1, 6)]
    sheet = read([[*HEADER, header], *rows]).sheets[0]
    assert column_of(sheet, field) == ["E"]
    assert [person[field] for person in people(sheet)] == [NAMES[n + 1] for n in range(1, 6)]
    assert [person["nama"] for person in people(sheet)] == [NAMES[n] for n in range(1, 6)]


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Pendamping", ["Ada", "Tidak", "Ada", "Ada", "Tidak"]),
        ("Wali", ["1", "2", "1", "3", "2"]),
        ("No HP", [nik(n) for n in range(11, 16)]),
        ("No HP", ["KARTO", "SITI", "UDIN", "SUMI", "DARSO"]),
    ],
)
def test_cells_that_are_none_of_these_are_not_taken_for_them(header: str, cells: list[str]) -> None:
    assert column(header, cells) == []


@pytest.mark.parametrize(
    "header", ["WALI KELAS", "NAMA WALI KELAS", "WALI NAGARI", "NIK WALI", "PEKERJAAN WALI", "NO HP PENDAMPING"]
)
def test_what_belongs_to_somebody_else_is_left_aside(header: str) -> None:
    assert header_fields((header,)) == (("lain",), "alias")


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("nama_pd", "nama"), ("nama peserta didik", "nama"), ("nama anggota tim", "nama"),
        ("nama anggota kelompok", "nama"), ("detail_alamat", "alamat"), ("nama_rt", "rt"), ("nama_rw", "rw"),
        ("rt_num", "rt"), ("rw_num", "rw"), ("noKK", "no_kk"), ("namaLengkap", "nama"),
        ("NAMA_LGKP", "nama"), ("JENIS_KLMIN", "jenis_kelamin"), ("TMPT_LHR", "tempat_lahir"),
        ("STAT_HBKEL", "hubungan"), ("NAMA_LGKP_IBU", "nama_ibu"), ("NO_RT", "rt"), ("PNYDNG_CCT", "jenis_disabilitas"),
    ],
)  # fmt: skip
def test_headers_of_software_exports(header: str, field: str) -> None:
    assert header_fields((header,)) == ((field,), "alias")


@pytest.mark.parametrize("name", ["telepon", "wali", "pendamping"])
def test_contacts_are_sensitive_in_every_table_that_holds_them(name: str) -> None:
    held = [column for table in tables().values() for column in table.columns if column.name == name]
    assert len(held) >= 2
    assert {column.audience for column in held} == {"sensitif"}
