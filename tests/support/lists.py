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
    """A sheet of people. `people`: what each sheet row (from 1) of a person says, by field, as the cells say it.

    `truth`: what is true of them, be it said or not. `codes`: the code of each word of a field that is coded.
    """

    rows: list[list[Any]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    people: dict[int, Person] = field(default_factory=dict)
    truth: dict[int, Person] = field(default_factory=dict)
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


ALIEN = ("V{}", "var_{}", "Isian {}", "ATRIBUT {}", "q{}", "Butir {}")
"""Headers that say nothing."""
DISTRACTORS = (
    "nomor", "periode", "tanggal_data", "id_rumah_tangga", "nominal", "telepon", "kode", "anggota", "agama",
    "pekerjaan", "kepala_keluarga", "nama_ibu", "rt", "rw", "dusun", "desa", "peserta", "kk_baru", "tahap",
    "nik_kepala", "nik_ibu", "lahir_ibu", "kelamin_kepala", "tanggal_daftar", "lama_tinggal", "status_kawin",
    "nama_ayah", "uuid",
)  # fmt: skip
_OWN = {"nik_ibu": "nik", "nik_kepala": "nik", "lahir_ibu": "tanggal_lahir", "kelamin_kepala": "jenis_kelamin"}
"""What hardly any list says of someone else and not of the person listed."""
PROPOSED = (
    "nik", "no_kk", "nama", "jenis_kelamin", "tanggal_lahir", "umur", "hubungan", "kategori", "alamat",
)  # fmt: skip
"""Fields that cells alone can show."""


def unheaded(rng: random.Random, *, header: bool) -> Listed:
    """A list whose columns no header names: none at all, or one of words that say nothing (`header`).

    Its columns are any of people's values, and of what only looks like them: running numbers, periods, dates of the
    survey, numbers of households and cards, counts, codes, names of mothers and heads.
    """
    count = rng.choice((8, 15, 25, 40, 80, 150))
    wanted = ["nama", *(name for name in PROPOSED if name not in ("nik", "nama") and rng.random() < 0.6)]
    if rng.random() < 0.9 or "no_kk" not in wanted:
        wanted.append("nik")
    other = [name for name in DISTRACTORS if rng.random() < (0.35 if _OWN.get(name, name) in (name, *wanted) else 0.02)]
    columns = [*wanted, *other]
    rng.shuffle(columns)
    if "nomor" in columns and rng.random() < 0.8:
        columns.remove("nomor")
        columns.insert(0, "nomor")
    coded = rng.random() < 0.3
    codes = {"jenis_kelamin": dict(zip("LP", rng.choice((("1", "2"), ("1", "0"))), strict=True))} if coded else {}
    sheet = Listed(columns=columns, codes=codes)
    values = random.Random(rng.randrange(100_000))
    whom = rng.choice((*[None] * 9, "P", "L", "young"))
    made = [
        person
        for person in invented(values, count if whom is None else 3 * count)
        if whom in (None, person["jenis_kelamin"]) or (whom == "young" and int(person["umur"]) < 21)
    ][:count]
    heads: dict[str, Person] = {}
    for person in made:
        _distract(values, person, heads.setdefault(person["no_kk"], person))
    if rng.random() < 0.4:
        sheet.put(0, 0, ["DATA TERPADU"])
    top = len(sheet.rows)
    if header:
        word = rng.choice(ALIEN)
        sheet.put(top, 0, [word.format(at) for at in range(1, len(columns) + 1)])
        top += 1
    dirt = rng.choice((0.0, 0.03, 0.08))
    numeric = rng.random() < 0.3
    for at, person in enumerate(made, top):
        said = {name: "" if values.random() < dirt and name != "nama" else person[name] for name in columns}
        if said.get("tanggal_lahir") and values.random() < dirt:
            said["tanggal_lahir"] = f"01-01-{values.randint(1940, 2015)}"
        cells = {name: codes.get(name, {}).get(text, text) for name, text in said.items()}
        sheet.put(at, 0, [_typed(cells[name], name, numeric) for name in columns])
        sheet.people[at + 1] = {name: cells[name] for name in columns}
        sheet.truth[at + 1] = person
    return sheet


def _distract(rng: random.Random, person: Person, head: Person) -> None:
    """Values that look like a person's and are not: the same for all of a list, at random, or of mother and head."""
    mother = f"{rng.randint(41, 68)}{rng.randint(1, 12):02d}{rng.randint(40, 85)}"
    person |= {
        "nik_kepala": head["nik"], "kelamin_kepala": head["jenis_kelamin"],
        "nik_ibu": f"161005{mother}{rng.randint(1, 9999):04d}",
        "lahir_ibu": f"{int(mother[:2]) - 40:02d}-{mother[2:4]}-19{mother[4:]}",
        "tanggal_daftar": f"{rng.randint(1, 28):02d}/{rng.randint(1, 12):02d}/{rng.randint(2008, 2023)}",
        "lama_tinggal": str(rng.randint(1, 60)), "status_kawin": rng.choice(("KAWIN", "BELUM KAWIN", "CERAI MATI")),
        "nama_ayah": f"{rng.choice(MEN)} {rng.choice(SECOND)}".strip(),
        "uuid": f"{rng.randrange(16**12):012x}-{rng.randrange(16**4):04x}",
        "periode": "2024", "tanggal_data": f"{rng.randint(1, 28):02d}-0{rng.randint(1, 6)}-2023",
        "id_rumah_tangga": f"{rng.randint(10**15, 10**16 - 1)}", "nominal": rng.choice(("600000", "900000")),
        "telepon": f"0812{rng.randint(10**7, 10**8 - 1)}", "kode": str(rng.randint(1, 5)),
        "anggota": str(rng.randint(1, 7)), "desa": "TANJUNG PASIR", "peserta": f"{rng.randint(10**12, 10**13 - 1)}",
        "kk_baru": f"161005{rng.randint(1, 28):02d}{rng.randint(1, 12):02d}23{rng.randint(1, 9999):04d}",
        "tahap": "1",
    }  # fmt: skip


def _typed(text: str, name: str, numeric: bool) -> Any:
    return int(text) if numeric and text.isdigit() and name not in ("telepon", "rt", "rw") else text
