"""What a village clerk types of a person: the habits of one office, and the mistakes and gaps of one row."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from pipelines.sample_inbox.population import Household, Member, Person, words

Value = str | int | date | None


@dataclass(frozen=True)
class Entry:
    """One line of a list: who stands there, and under which categories."""

    member: Member
    household: Household
    codes: tuple[str, ...]

    @property
    def person(self) -> Person:
        return self.member.person


@dataclass(frozen=True)
class Habits:
    """How one office writes. `slips`: how many of its cells in a hundred are wrong in some way."""

    dates: Literal["excel", "dmy", "slash", "words", "iso"] = "excel"
    sexes: tuple[str, str] = ("L", "P")
    categories: Literal["official", "short", "code"] = "official"
    capitals: bool = True
    slips: int = 4


@dataclass
class Line:
    """One row as typed: a value for each field that a layout may show; `expect` says what must become of it."""

    entry: Entry
    values: dict[str, Value] = field(default_factory=dict)
    expect: str = "accepted"


class Clerk:
    def __init__(self, rng: random.Random, habits: Habits, year: int) -> None:
        self._rng = rng
        self._habits = habits
        self._year = year

    def line(self, entry: Entry) -> Line:
        """Type one entry, with this office's habits and now and then a slip."""
        person, house, habits = entry.person, entry.household, self._habits
        values: dict[str, Value] = {
            "nik": self._nik(person.nik),
            "no_kk": house.kk if not self._slip() else self._rng.choice(["", "-", house.kk[:-1]]),
            "nama": self.name(person),
            "jenis_kelamin": habits.sexes["LP".index(person.sex)],
            "tempat_lahir": person.birthplace,
            "tanggal_lahir": self._birth_date(person),
            "umur": self._age(person),
            "hubungan": entry.member.relation
            if habits.capitals
            else words("words")["short_relations"][entry.member.relation],
            "kepala_keluarga": self._case(house.head.name),
            "alamat": self._case(house.address),
            "dusun": self._rng.choice(words("words")["hamlet_spellings"][house.hamlet]),
            "rt": f"{house.rt:03d}",
            "rw": f"{house.rw:03d}",
            "kategori": self._categories(entry.codes),
            "jenis_disabilitas": person.disability or "",
            "terlantar": {True: "Ya", False: "Tidak", None: ""}[person.neglected] if person.disability else "",
            "nama_ibu": self._case(person.mother) if not self._slip(3) else "-",
            "keterangan": self._rng.choice(words("words")["notes"]),
        }
        return Line(entry, values)

    def spoil(self, line: Line, how: str) -> None:
        """Make of a line one that cannot count: no name, a category nobody understands, or a man listed as PRSE."""
        line.expect = "quarantined"
        if how == "no_name":
            line.values["nama"] = ""
        elif how == "no_category":
            line.values["kategori"] = "????"
        else:
            line.values["kategori"] = {"code": "PMKS-23"}.get(self._habits.categories, "PRSE")

    def name(self, person: Person) -> str:
        """A name as this office types it: abbreviated, with a title, or with a letter gone wrong."""
        rng, name = self._rng, person.name
        if self._slip(2):
            at = rng.randrange(1, len(name) - 2)
            name = name[:at] + rng.choice([name[at + 1] + name[at], name[at] * 2]) + name[at + 2 :]
        if rng.random() < 0.3:
            for long, short in (("Muhammad ", "M. "), ("Abdul ", "Abd. "), ("Siti ", "St. "), ("Nur ", "Nur")):
                name = name.replace(long, short)
        if person.age(self._year) > 35 and rng.random() < 0.12:
            name = f"{rng.choice(words('words')[f'titles_{person.sex.lower()}'])} {name}"
        return self._case(name)

    def _slip(self, times: int = 1) -> bool:
        return self._rng.random() * 100 < self._habits.slips * times

    def _case(self, text: str) -> str:
        return text.upper() if self._habits.capitals else text

    def _nik(self, nik: str) -> Value:
        if not self._slip(3):
            return nik
        gap: str = self._rng.choice(words("words")["no_nik"])
        wrong = self._rng.randrange(8, 16)
        written: list[Value] = [
            gap,
            gap,
            int(nik) // 10 * 10,  # typed as a number: a spreadsheet program keeps 15 digits
            f"'{nik}",
            f"{nik[:6]} {nik[6:12]} {nik[12:]}",
            nik[:-1],
            nik[:wrong] + str((int(nik[wrong]) + 1) % 10) + nik[wrong + 1 :],
        ]
        return self._rng.choice(written)

    def _birth_date(self, person: Person) -> Value:
        born = person.born
        if self._slip():
            return ""
        if self._slip():
            return str(born.year)
        if self._slip() and born.day <= 12:
            born = date(born.year, born.day, born.month)
        if self._slip():
            born = born.replace(year=born.year + self._rng.choice([-1, 1]))
        match self._habits.dates:
            case "excel":
                return born
            case "dmy":
                return f"{born:%d-%m-%Y}"
            case "slash":
                return f"{born:%d/%m/%Y}"
            case "words":
                return f"{born.day} {words('words')['months'][born.month - 1]} {born.year}"
            case "iso":
                return born.isoformat()

    def _age(self, person: Person) -> Value:
        age = person.age(self._year)
        return f"± {age} th" if self._slip(2) else age

    def _categories(self, codes: tuple[str, ...]) -> str:
        known = words("categories")
        if self._habits.categories == "code":
            return ",".join(f"PMKS-{code}" for code in codes)
        written = [known[code][self._habits.categories] for code in codes]
        if self._slip():
            written[-1] = known[codes[-1]]["typo"]
        return self._rng.choice([" + ", ", "]).join(written)
