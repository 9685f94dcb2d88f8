"""The layouts in which village offices keep their lists, each a function from typed lines to sheets."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from pipelines.sample_inbox.clerk import Line, Value
from pipelines.sample_inbox.population import words
from pipelines.sample_inbox.sheets import Sheet
from validation.regions import Village


@dataclass(frozen=True)
class Place:
    """Where and for when a list is kept."""

    village: Village
    year: int
    rng: random.Random

    @property
    def kind(self) -> str:
        """Codes of kelurahan have 1 as the first digit of their last part, codes of desa 2."""
        return "KELURAHAN" if self.village.code.split(".")[3].startswith("1") else "DESA"

    @property
    def titles(self) -> list[str]:
        return [
            f"{self.kind} : {self.village.name.upper()}",
            f"KECAMATAN : {self.village.kecamatan.upper()}",
            f"KABUPATEN : {self.village.kabupaten.removeprefix('Kabupaten ').upper()}",
            f"TAHUN : {self.year}",
        ]


Layout = Callable[[Sequence[Line], Place], list[Sheet]]
Columns = Sequence[tuple[str, str]]


def _pick(line: Line, columns: Columns, number: int) -> list[Value]:
    return [number if name == "#" else line.values[name] for _, name in columns]


def _table(sheet: Sheet, lines: Sequence[Line], columns: Columns) -> None:
    sheet.add([header for header, _ in columns], "header")
    for number, line in enumerate(lines, 1):
        sheet.add(_pick(line, columns, number), line=line)


def _signature(sheet: Sheet, place: Place, column: int) -> None:
    official = place.rng.choice(words("words")["officials"])
    head = "Lurah" if place.kind == "KELURAHAN" else "Kepala Desa"
    blank: list[Value] = [None] * column
    sheet.add([])
    for text in (
        f"{place.village.name}, 20 Desember {place.year}",
        f"{head} {place.village.name},",
        None,
        None,
        official.upper(),
    ):
        sheet.add([*blank, text], "free")


PLAIN: Columns = (
    ("No", "#"),
    ("NIK", "nik"),
    ("Nomor KK", "no_kk"),
    ("Nama Lengkap", "nama"),
    ("L/P", "jenis_kelamin"),
    ("Tempat Lahir", "tempat_lahir"),
    ("Tanggal Lahir", "tanggal_lahir"),
    ("Hubungan Keluarga", "hubungan"),
    ("Alamat", "alamat"),
    ("Dusun", "dusun"),
    ("RT", "rt"),
    ("RW", "rw"),
    ("Jenis PMKS", "kategori"),
    ("Jenis Disabilitas", "jenis_disabilitas"),
    ("Terlantar", "terlantar"),
    ("Nama Ibu Kandung", "nama_ibu"),
    ("Keterangan", "keterangan"),
)


def plain(lines: Sequence[Line], place: Place) -> list[Sheet]:
    """A header in the first row, one person a row, nothing else."""
    sheet = Sheet("DATA")
    _table(sheet, lines, PLAIN)
    return [sheet]


def titled(lines: Sequence[Line], place: Place) -> list[Sheet]:
    """Titles, a header of two rows with merged groups, a numbering row, a total and a signature."""
    sheet = Sheet(f"PMKS {place.year}")
    sheet.add(["DAFTAR NAMA PENYANDANG MASALAH KESEJAHTERAAN SOSIAL (PMKS)"], "title")
    for title in place.titles:
        sheet.add([title], "title")
    sheet.add([])
    top = len(sheet.rows)
    upper = ["NO", "NAMA LENGKAP", "NOMOR IDENTITAS", None, "JENIS KELAMIN", "KELAHIRAN", None, "HUB. KELUARGA"]
    lower: list[Value] = [None, None, "NIK", "NO. KK", None, "TEMPAT", "TANGGAL", None]
    sheet.add([*upper, "ALAMAT", None, None, "JENIS PMKS", "JENIS DISABILITAS"], "header")
    sheet.add([*lower, "DUSUN", "RT", "RW", None, None], "header")
    sheet.merges += [(top, 2, top, 3), (top, 5, top, 6), (top, 8, top, 10)]
    sheet.merges += [(top, c, top + 1, c) for c in (0, 1, 4, 7, 11, 12)]
    sheet.add(list(range(1, 14)), "numbering")
    fields = ["#", "nama", "nik", "no_kk", "jenis_kelamin", "tempat_lahir", "tanggal_lahir", "hubungan"]
    fields += ["dusun", "rt", "rw", "kategori", "jenis_disabilitas"]
    for number, line in enumerate(lines, 1):
        sheet.add(_pick(line, [("", name) for name in fields], number), line=line)
    sheet.add(["JUMLAH", f"{len(lines)} ORANG", *[None] * 11], "total")
    _signature(sheet, place, 9)
    return [sheet]


def family_first(lines: Sequence[Line], place: Place) -> list[Sheet]:
    """The family card's number and address on the first row of each family only."""
    columns: Columns = (
        ("No.KK", "no_kk"),
        ("Alamat Rumah", "alamat"),
        ("RT/RW", "rt_rw"),
        ("NIK", "nik"),
        ("Nama", "nama"),
        ("JK", "jenis_kelamin"),
        ("Tgl Lahir", "tanggal_lahir"),
        ("Hub. Kel", "hubungan"),
        ("Kategori PMKS", "kategori"),
    )
    sheet = Sheet("Sheet1")
    sheet.add([f"DATA PMKS {place.kind} {place.village.name.upper()} TAHUN {place.year}"], "title")
    sheet.add([])
    sheet.add([header for header, _ in columns], "header")
    for _, family in groupby(lines, key=lambda line: line.entry.household.key):
        for at, line in enumerate(family):
            values = line.values | {"rt_rw": f"{line.values['rt']}/{line.values['rw']}"}
            row = [values[name] for _, name in columns]
            sheet.add(row if at == 0 else [None, None, None, *row[3:]], line=line)
    return [sheet]


def bands(lines: Sequence[Line], place: Place) -> list[Sheet]:
    """A band with the family card and the address above the members of each family."""
    columns: Columns = (
        ("NO", "#"),
        ("NAMA ANGGOTA KELUARGA", "nama"),
        ("NIK", "nik"),
        ("L/P", "jenis_kelamin"),
        ("TEMPAT LAHIR", "tempat_lahir"),
        ("TANGGAL LAHIR", "tanggal_lahir"),
        ("SHDK", "hubungan"),
        ("JENIS PMKS", "kategori"),
    )
    sheet = Sheet("BNBA")
    sheet.add(["DAFTAR PMKS PER KELUARGA"], "title")
    for title in place.titles:
        sheet.add([title], "title")
    sheet.add([header for header, _ in columns], "header")
    for _, members in groupby(lines, key=lambda line: line.entry.household.key):
        family = list(members)
        values = family[0].values
        band = f"No. KK : {values['no_kk']}   Alamat : {values['alamat']}, RT/RW : {values['rt']}/{values['rw']}"
        sheet.add([band], "band")
        for number, line in enumerate(family, 1):
            sheet.add(_pick(line, columns, number), line=line)
    return [sheet]


def by_age(lines: Sequence[Line], place: Place) -> list[Sheet]:
    """Place and date of birth in one cell, and the age beside it."""
    columns: Columns = (
        ("No. Urut", "#"),
        ("Nama Penyandang", "nama"),
        ("No. Induk Kependudukan", "nik"),
        ("Tempat/Tgl Lahir", "ttl"),
        ("Umur (Th)", "umur"),
        ("Laki-laki / Perempuan", "jenis_kelamin"),
        ("Alamat Lengkap", "alamat_lengkap"),
        ("Permasalahan (PMKS)", "kategori"),
        ("Nama Kepala Keluarga", "kepala_keluarga"),
    )
    sheet = Sheet("Lembar1")
    for title in ["PENDATAAN PMKS", *place.titles]:
        sheet.add([title], "title")
    sheet.add([header for header, _ in columns], "header")
    for number, line in enumerate(lines, 1):
        v = line.values
        born = v["tanggal_lahir"]
        shown = f"{born:%d-%m-%Y}" if isinstance(born, date) else born
        more = {
            "ttl": f"{v['tempat_lahir']}, {shown}" if shown else v["tempat_lahir"],
            "alamat_lengkap": f"{v['alamat']} RT {v['rt']} RW {v['rw']} {v['dusun']}",
        }
        sheet.add([number if name == "#" else (v | more)[name] for _, name in columns], line=line)
    _signature(sheet, place, 6)
    return [sheet]


MATRIX: Sequence[tuple[str, str]] = (
    ("ANAK TERLANTAR", "02"),
    ("LANSIA TERLANTAR", "08"),
    ("PENYANDANG DISABILITAS", "09"),
    ("PRSE", "23"),
    ("FAKIR MISKIN", "24"),
    ("RTLH", "LEG-RTLH"),
)


def matrix(lines: Sequence[Line], place: Place) -> list[Sheet]:
    """A column for each category, ticked where it applies. A line with no tick cannot count."""
    columns: Columns = (
        ("NO", "#"),
        ("NAMA", "nama"),
        ("NIK", "nik"),
        ("NO KK", "no_kk"),
        ("L/P", "jenis_kelamin"),
        ("TANGGAL LAHIR", "tanggal_lahir"),
        ("DUSUN", "dusun"),
    )
    sheet = Sheet("Rekap")
    for title in ["REKAPITULASI PMKS BY NAME", *place.titles]:
        sheet.add([title], "title")
    top = len(sheet.rows)
    first = len(columns)
    sheet.add([*(h for h, _ in columns), "JENIS PMKS", *[None] * (len(MATRIX) - 1)], "header")
    sheet.add([*[None] * first, *(header for header, _ in MATRIX)], "header")
    sheet.merges += [(top, first, top, first + len(MATRIX) - 1), *((top, c, top + 1, c) for c in range(first))]
    tick = place.rng.choice(["√", "v", "x"])
    for number, line in enumerate(lines, 1):
        ticks = [tick if code in line.entry.codes else None for _, code in MATRIX]
        ticks = ticks if line.expect == "accepted" or line.values["nama"] == "" else [None] * len(MATRIX)
        sheet.add([*_pick(line, columns, number), *ticks], line=line)
    sheet.add(["JUMLAH", len(lines), *[None] * (first + len(MATRIX) - 2)], "total")
    return [sheet]


def sheet_per_category(lines: Sequence[Line], place: Place) -> list[Sheet]:
    """A sheet for each category, named after it; who has two categories stands on two sheets."""
    columns = [column for column in PLAIN if column[1] not in ("kategori", "keterangan", "terlantar")]
    sheets = []
    for code in sorted({code for line in lines for code in line.entry.codes}):
        official = words("categories")[code]["official"]
        sheet = Sheet(official[:31])
        sheet.add([f"DATA {official.upper()} {place.kind} {place.village.name.upper()} TAHUN {place.year}"], "title")
        of_code = [line for line in lines if code in line.entry.codes]
        _table(sheet, of_code, columns)
        sheets.append(sheet)
    return sheets


def web_form(lines: Sequence[Line], place: Place) -> list[Sheet]:
    """The import file of a kabupaten's web form: small letters, one code column, the village in each row."""
    columns: Columns = (
        ("kode_desa", "kode_desa"),
        ("nik", "nik"),
        ("no_kk", "no_kk"),
        ("nama", "nama"),
        ("tgl_lahir", "tanggal_lahir"),
        ("jenis_kelamin", "jenis_kelamin"),
        ("kode_kategori", "kategori"),
        ("jenis_disabilitas", "jenis_disabilitas"),
        ("alamat", "alamat"),
        ("catatan", "keterangan"),
    )
    sheet = Sheet("DATA")
    sheet.add([header for header, _ in columns])
    for line in lines:
        values = line.values | {"kode_desa": line.entry.household.village}
        sheet.add([values[name] for _, name in columns], line=line)
    return [sheet]


def registry_export(lines: Sequence[Line], place: Place) -> list[Sheet]:
    """An export of the social registry for one category, which stands in the sidecar file and nowhere else."""
    columns: Columns = (
        ("NO", "#"),
        ("PROVINSI", "provinsi"),
        ("KABUPATEN/KOTA", "kabupaten"),
        ("KECAMATAN", "kecamatan"),
        ("DESA/KELURAHAN", "desa"),
        ("ALAMAT", "alamat"),
        ("RT", "rt"),
        ("RW", "rw"),
        ("NOKK", "no_kk"),
        ("NIK", "nik"),
        ("NAMA", "nama"),
        ("TANGGAL LAHIR", "tanggal_lahir"),
        ("TEMPAT LAHIR", "tempat_lahir"),
        ("JENIS KELAMIN", "jenis_kelamin"),
        ("NAMA IBU KANDUNG", "nama_ibu"),
        ("HUB KELUARGA", "hubungan"),
    )
    village = place.village
    names = {
        "provinsi": village.provinsi.upper(),
        "kabupaten": village.kabupaten.upper(),
        "kecamatan": village.kecamatan.upper(),
        "desa": village.name.upper(),
    }
    sheet = Sheet("DATA")
    sheet.add([header for header, _ in columns])
    for number, line in enumerate(lines, 1):
        sheet.add([number if name == "#" else (line.values | names)[name] for _, name in columns], line=line)
    return [sheet]


def headless(lines: Sequence[Line], place: Place) -> list[Sheet]:
    """Rows without any header or title: nobody can say what its columns are, so it waits for a person."""
    sheet = Sheet("Sheet1")
    for line in lines:
        v = line.values
        sheet.add([v["nama"], v["umur"], v["keterangan"], v["rt"]], line=line)
    return [sheet]


LAYOUTS: dict[str, Layout] = {
    layout.__name__: layout
    for layout in (
        plain,
        titled,
        family_first,
        bands,
        by_age,
        matrix,
        sheet_per_category,
        web_form,
        registry_export,
        headless,
    )
}
