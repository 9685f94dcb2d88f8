"""Invented lists of people in random layouts, with what stands where: the truth that readings are compared with.

All choices come from one `random.Random`, so that a seed gives a list again, and hypothesis (`st.randoms()`) can shrink
the one that fails.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

MEN = (
    "SUTRISNO",
    "KARTO",
    "WAGIMAN",
    "DARSONO",
    "JOKO",
    "BUDI",
    "SLAMET",
    "PARMAN",
    "HASAN",
    "YUSUF",
    "RAHMAT",
    "AGUS",
)
WOMEN = ("SITI", "HALIMAH", "RUKMINI", "SUMIATI", "TUKINEM", "ENDANG", "NURHAYATI", "FATIMAH", "SRI", "AMINAH", "WATI")
SECOND = ("", "", "HADI", "LESTARI", "PUTRA", "KUSUMA", "SARI", "UTAMA", "RAHAYU", "WIJAYA", "SAPUTRA", "NINGSIH")
PLACES = ("PALEMBANG", "INDRALAYA", "JAMBI", "PEMULUTAN", "MUARA SABAK")
HAMLETS = ("KRAJAN", "BANARAN", "SUKAMAJU", "TALANG")
STREETS = ("JL. MELATI NO. {}", "JL. MAWAR {}", "LR. CEMPAKA NO {}", "KP. BARU NO. {}")
CATEGORIES = ("Fakir Miskin", "Lanjut Usia Terlantar", "Pemulung", "Anak Terlantar", "Pengemis", "Gelandangan")
RELATIONS = ("KEPALA KELUARGA", "ISTRI", "ANAK", "CUCU", "MENANTU")
DISABILITIES = ("Tuna Netra", "Tuna Rungu", "Tuna Daksa", "Cacat Mental")
JOBS = ("PETANI", "BURUH TANI", "NELAYAN", "PEDAGANG", "TIDAK BEKERJA", "IBU RUMAH TANGGA")
RELIGIONS = ("ISLAM", "KRISTEN", "HINDU")

HEADERS = {
    "nomor": ("NO", "No.", "Nomor Urut", "No Urut"),
    "nik": ("NIK", "N I K", "No. NIK", "NOMOR KTP", "nik"),
    "no_kk": ("NO KK", "No. Kartu Keluarga", "NKK", "no_kk"),
    "nama": ("NAMA", "Nama Lengkap", "NAMA PMKS", "nama"),
    "jenis_kelamin": ("L/P", "JK", "Jenis Kelamin", "JENIS KELAMIN", "jenis_kelamin"),
    "tanggal_lahir": ("TGL LAHIR", "Tanggal Lahir", "tgl_lahir"),
    "tempat_lahir": ("TEMPAT LAHIR", "Tempat Lahir"),
    "umur": ("UMUR", "Usia"),
    "hubungan": ("HUBUNGAN KELUARGA", "SHDK", "Hubungan dengan KK"),
    "alamat": ("ALAMAT", "Alamat Lengkap"),
    "dusun": ("DUSUN", "Lingkungan"),
    "rt": ("RT",),
    "rw": ("RW",),
    "kategori": ("JENIS PMKS", "Kategori PMKS"),
    "jenis_disabilitas": ("JENIS DISABILITAS", "Jenis Cacat"),
    "nama_ibu": ("NAMA IBU KANDUNG", "Nama Ibu"),
    "pekerjaan": ("PEKERJAAN", "Pekerjaan"),
    "agama": ("AGAMA", "Agama"),
}
"""Headers of each column; what is no field of the product keeps its own name here."""
NOT_FIELDS = ("nomor", "pekerjaan", "agama")

Person = dict[str, Any]


def invented(rng: random.Random, count: int) -> list[Person]:
    """`count` people in families, with numbers that agree with their birth dates and sexes."""
    made: list[Person] = []
    family = 0
    while len(made) < count:
        family += 1
        kk = f"161005{rng.randint(1, 28):02d}{rng.randint(1, 12):02d}{rng.randint(8, 22):02d}{family:04d}"
        home = {
            "alamat": rng.choice(STREETS).format(rng.randint(1, 99)),
            "dusun": rng.choice(HAMLETS),
            "rt": f"{rng.randint(1, 9):03d}",
            "rw": f"{rng.randint(1, 4):03d}",
        }
        head = ""
        for member in range(rng.choice((1, 1, 1, 2, 3, 4))):
            sex = "L" if rng.random() < (0.8 if member == 0 else 0.45) else "P"
            age = rng.randint(22, 88) if member < 2 else rng.randint(0, 20)
            year, month, day = 2023 - age, rng.randint(1, 12), rng.randint(1, 28)
            name = f"{rng.choice(MEN if sex == 'L' else WOMEN)} {rng.choice(SECOND)}".strip()
            head = head or name
            serial = len(made) + 1
            made.append({
                "nik": f"161005{day + 40 * (sex == 'P'):02d}{month:02d}{year % 100:02d}{serial:04d}",
                "no_kk": kk, "nama": name, "jenis_kelamin": sex, "tanggal_lahir": f"{day:02d}-{month:02d}-{year}",
                "tempat_lahir": rng.choice(PLACES), "umur": str(age),
                "hubungan": RELATIONS[min(member, 2)], "kepala_keluarga": head, **home,
                "kategori": rng.choice(CATEGORIES), "jenis_disabilitas": rng.choice(DISABILITIES),
                "nama_ibu": f"{rng.choice(WOMEN)} {rng.choice(SECOND)}".strip(),
                "pekerjaan": rng.choice(JOBS), "agama": rng.choice(RELIGIONS), "nomor": str(serial),
            })  # fmt: skip
    return made[:count]


@dataclass(repr=False)
class Listed:
    """A sheet of people. `people`: what each sheet row (from 1) of a person says, by field; the cells say it so."""

    rows: list[list[Any]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    people: dict[int, Person] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __repr__(self) -> str:
        lines = [" | ".join(str(cell) for cell in row) for row in self.rows]
        return "\n".join([f"columns {self.columns}, codes {self.codes}", *lines])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))

    def put(self, row: int, column: int, texts: Sequence[Any]) -> None:
        """Write cells into a row (from 0), growing the sheet; never over a cell that is filled."""
        while len(self.rows) <= row:
            self.rows.append([])
        line = self.rows[row]
        line += [""] * (column + len(texts) - len(line))
        for at, text in enumerate(texts, column):
            if text != "":
                assert line[at] == "", "a legend was written over the list"
                line[at] = text


def listed(
    rng: random.Random, fields: Sequence[str], count: int, codes: dict[str, dict[str, str]], *, left: int = 0
) -> Listed:
    """A plain table with a header in row 1, its first column at `left`; `codes` are codes of fields by their word."""
    sheet = Listed(columns=list(fields), codes=codes)
    sheet.put(0, left, [rng.choice(HEADERS[name]) for name in fields])
    for at, person in enumerate(invented(random.Random(rng.randrange(10_000)), count), 1):
        sheet.put(at, left, [codes.get(name, {}).get(person[name], person[name]) for name in fields])
        sheet.people[at + 1] = {name: person[name] for name in fields if name not in NOT_FIELDS}
    return sheet
