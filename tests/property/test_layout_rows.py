"""Workbooks of random layouts: every planted person is found at their row, no other row is, and the ledger balances."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.intake.sheets.file_reading import read_file
from assets.intake.sheets.rows import KINDS
from tests.support.written import WRITERS
from validation.fields import FIELDS

FIRST = (
    "SUTRISNO",
    "SITI",
    "KARTO",
    "WAGIMAN",
    "HALIMAH",
    "RUKMINI",
    "DARSONO",
    "SUMIATI",
    "TUKINEM",
    "JOKO",
    "ENDANG",
)
LAST = ("", " HADI", " LESTARI", " BIN KARIM", " WATI", " PUTRA")
CATEGORIES = ("Fakir Miskin", "Lanjut Usia Terlantar", "Pemulung", "RTLH", "Anak Terlantar", "PMKS-09")
HEADERS = {
    "nomor": ("NO", "No.", "Nomor Urut"),
    "nik": ("NIK", "N I K", "No. NIK", "NOMOR KTP"),
    "no_kk": ("NO KK", "No. Kartu Keluarga", "NKK"),
    "nama": ("NAMA", "Nama Lengkap", "NAMA PMKS"),
    "jenis_kelamin": ("L/P", "JK", "Jenis Kelamin"),
    "tanggal_lahir": ("TGL LAHIR", "Tanggal Lahir"),
    "umur": ("UMUR", "Usia"),
    "alamat": ("ALAMAT", "Alamat Lengkap"),
    "dusun": ("DUSUN", "Lingkungan"),
    "kategori": ("JENIS PMKS", "Kategori PMKS"),
    "keterangan": ("KET", "Keterangan"),
    "": ("PEKERJAAN", "Warna Rumah", "AGAMA"),
}
OPTIONAL = ("no_kk", "jenis_kelamin", "tanggal_lahir", "umur", "alamat", "dusun", "keterangan", "")
MATRIX = ("Anak Terlantar", "Lanjut Usia Terlantar", "Fakir Miskin")


@dataclass
class Planted:
    """A sheet under construction, with the rows (from 1) at which people stand and their names."""

    rows: list[list[Any]] = field(default_factory=list)
    people: dict[int, str] = field(default_factory=dict)

    def add(self, *cells: Any) -> None:
        self.rows.append(list(cells))

    def person(self, cells: list[Any], name: str) -> None:
        self.rows.append(cells)
        self.people[len(self.rows)] = name


@st.composite
def sheets(draw: st.DrawFn) -> Planted:
    """Titles, header depth, numbering, bands, sections, totals, signatures, matrix, blanks: any mix."""
    sheet = Planted()
    matrix = draw(st.booleans())
    optional = draw(st.lists(st.sampled_from(OPTIONAL), unique=True, max_size=6))
    numbered = draw(st.booleans())
    columns = [*(["nomor"] if numbered else []), *draw(st.permutations(["nik", "nama", *optional]))]
    if not matrix:
        columns.insert(draw(st.integers(1, len(columns))), "kategori")
    header: list[Any] = [draw(st.sampled_from(HEADERS[name])) for name in columns]
    below: list[Any] = []
    if matrix:
        below = ["" for _ in header] + list(MATRIX)
        header += ["JENIS PMKS", "", ""]
    elif "alamat" in columns and draw(st.booleans()) and columns[-1] != "alamat":
        at = columns.index("alamat")
        following = columns[at + 1]
        if following == "dusun":
            header[at], header[at + 1] = "ALAMAT", ""
            below = ["" for _ in header]
            below[at], below[at + 1] = "Jalan", "Dusun"
    width = len(header)
    if draw(st.booleans()):
        sheet.add("DATA PENYANDANG MASALAH KESEJAHTERAAN SOSIAL (PMKS)")
        sheet.add("TAHUN 2023")
        if draw(st.booleans()):
            sheet.add("DESA", "", ": TANJUNG PASIR")
            sheet.add("KECAMATAN : PEMULUTAN")
        sheet.add()
    pages = draw(st.integers(1, 3))
    banded = draw(st.booleans()) and "no_kk" not in columns
    sections = draw(st.booleans()) and "dusun" not in columns
    numbering = draw(st.sampled_from([None, 1, -1]))
    serial = 0
    for page in range(pages):
        sheet.add(*header)
        if below:
            sheet.add(*below)
        if numbering:
            sheet.add(*[numbering * (i + 1) for i in range(width)])
        for group in range(draw(st.integers(1, 2))):
            if banded:
                sheet.add(f"No. KK : 16100512011200{page}{group}", "", "Alamat : JL. MELATI, RT/RW : 003/001")
            elif sections:
                sheet.add(f"DUSUN {'III'[: group + 1]}")
            for _ in range(draw(st.integers(2, 5))):
                serial += 1
                name = FIRST[serial % len(FIRST)] + draw(st.sampled_from(LAST))
                sheet.person(_cells(draw, columns, serial, name, matrix), name)
            if draw(st.booleans()):
                sheet.add("JUMLAH", *["" for _ in range(width - 2)], serial)
        if draw(st.booleans()):
            sheet.add()
        if page + 1 < pages and draw(st.booleans()):
            sheet.add(*["" for _ in range(width - 1)], f"Halaman : {page + 1}")
    if draw(st.booleans()):
        sheet.add()
        at = max(width - 2, 0)
        for text in ("Tanjung Pasir, 12 Januari 2023", "Kepala Desa", "", "( SUPARMAN )", "NIP. -"):
            sheet.add(*["" for _ in range(at)], text)
    return sheet


def _cells(draw: st.DrawFn, columns: list[str], serial: int, name: str, matrix: bool) -> list[Any]:
    missing = draw(st.sampled_from(["", "", "", "nik", "no_kk", "alamat", "tanggal_lahir"]))
    values = {
        "nomor": serial,
        "nik": draw(st.sampled_from([f"16100512058{serial:05d}", f"'16100512058{serial:05d}"])),
        "no_kk": f"16100512011{serial:05d}",
        "nama": name,
        "jenis_kelamin": "LP"[serial % 2],
        "tanggal_lahir": f"{serial % 28 + 1:02d}-05-1985",
        "umur": 20 + serial % 60,
        "alamat": f"JL. MELATI NO. {serial}",
        "dusun": ("KRAJAN", "BANARAN")[serial % 2],
        "kategori": CATEGORIES[serial % len(CATEGORIES)],
        "keterangan": "",
        "": "biru",
    }
    cells: list[Any] = ["" if column == missing else values[column] for column in columns]
    return cells + ["V" if (serial + i) % 3 == 0 else "" for i in range(len(MATRIX))] if matrix else cells


@pytest.mark.parametrize("writer", sorted(WRITERS))
@given(planted=sheets())
@settings(max_examples=25, deadline=None)
def test_every_planted_person_is_found_and_nobody_else(writer: str, planted: Planted) -> None:
    width = max(map(len, planted.rows))
    grid = [[*row, *[""] * (width - len(row))] for row in planted.rows]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "daftar"
        WRITERS[writer][1](path, grid)
        result = read_file(str(path), "{}", "daftar.xlsx")
    (sheet,) = result.sheets
    assert result.hold is None
    name_at = 8 + FIELDS.index("nama")
    found = {row[0]: row[name_at].strip() for row in sheet.rows}
    assert found == planted.people
    last = max(i for i, row in enumerate(planted.rows, 1) if any(cell != "" for cell in row))
    assert len(sheet.kinds) == last
    assert set(sheet.kinds) <= set(KINDS)
    assert [i for i, kind in enumerate(sheet.kinds, 1) if kind == "data"] == sorted(planted.people)
