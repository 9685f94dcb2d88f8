"""An invented population in village lists over years, with known truth: for measuring matching, and to train the
shipped model. All names, numbers and places are made up by a seeded generator.

    python -m bench.population OUT_DIR --records 100000 --seed 1     # records.parquet, truth.parquet
    python -m bench.population OUT_DIR --records 1000000 --provinces 20     # 20 million records, for their number alone

Households move, grown children found their own, twins are born, clerks shorten names, lose digits, heap birthdays on
1 January and copy a housemate's NIK. Every rate is a field of `Rates`, to be varied: no result should hang on one.
"""

from __future__ import annotations

import argparse
import random
import string
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from bench.clerk import RTS, RWS, listed

WORDS: dict[str, list[str]] = yaml.safe_load((Path(__file__).parent / "words.yml").read_text(encoding="utf-8"))
SOURCES = ("DESA", "DINAS", "PUSAT")
YEARS = range(2019, 2026)


Stay = tuple[int, str, str, int, int, str, str]
"""Where a household lives from a year on: year, village, hamlet, RT, RW, street, card."""


@dataclass(frozen=True)
class Rates:
    """How often things happen, each between 0 and 1."""

    moves: float = 0.07
    card_replaced: float = 0.06
    move_keeps_card: float = 0.4
    splits: float = 0.30
    twins: float = 0.012
    single_names: float = 0.28
    listed: float = 0.16
    member_listed: float = 0.75
    listed_twice: float = 0.03
    nik_missing: float = 0.17
    nik_cut: float = 0.06
    nik_copied: float = 0.012
    nik_typo: float = 0.03
    kk_missing: float = 0.14
    kk_typo: float = 0.03
    born_missing: float = 0.05
    born_heaped: float = 0.06
    born_typo: float = 0.05
    name_typo: float = 0.10
    name_short: float = 0.15
    name_old: float = 0.03
    name_dropped: float = 0.05
    title: float = 0.04
    place_missing: float = 0.10
    mothers: float = 0.0
    sex_wrong: float = 0.008
    birthplace_missing: float = 0.08
    birthplace_typo: float = 0.04
    role_missing: float = 0.15
    role_wrong: float = 0.01
    fame: float = 1.0
    streets: float = 0.0
    """Addresses that are a street without number, along which several RT lie."""
    triplets: float = 0.0
    alike_twins: float = 0.0
    """Twins of one sex whose names are a letter or two apart."""
    namesakes: float = 0.0
    """Heads of household who have the name of a neighbour of about their age."""
    institutions: float = 0.0
    """Homes of thirty to eighty people who are no family, for each household."""
    nik_from_above: float = 0.0
    nik_given_twice: float = 0.0
    """People who were given the number of somebody of their sex, region and birth date."""
    year_only: float = 0.0
    patronyms: float = 0.0
    """Lists of a household in which men and women are named after their fathers (BIN, BINTI)."""
    name_cut: float = 0.0
    """Lists of a household that keep 20, 25 or 30 characters of a name."""
    rt_wrong: float = 0.02
    """RT, and RW, that are another's."""


@dataclass
class Person:
    """A person as he is; `homes` lists (from year, household)."""

    number: int
    name: str
    sex: str
    born: tuple[int, int, int]
    nik: str
    birthplace: str
    mother: str
    role: str
    founded: int = 9999
    birth: int = 0
    """The same number for twins and triplets, 0 for all others."""
    father: str = ""
    """His name, where lists say whose child somebody is."""


@dataclass
class Household:
    """A household, its members and its stays."""

    number: int
    members: list[Person]
    stays: list[Stay]


class Population:
    """Draws villages, households and persons; `pick` prefers what stands early in a list, as names do."""

    def __init__(self, seed: int, rates: Rates) -> None:
        self.r, self.rates = random.Random(seed), rates
        self.persons = self.households = self.births = 0
        self.heads: dict[str, tuple[Person, Stay]] = {}
        self.given: dict[tuple[str, str, int], Person] = {}

    def pick(self, pool: list[str]) -> str:
        """Draw from a pool by a Zipf-like law."""
        return pool[min(int(len(pool) * self.r.random() ** (1 + self.rates.fame)), len(pool) - 1)]

    def name(self, sex: str, family: str) -> str:
        """Draw a name; some people have one word only, some carry the family's."""
        first = self.pick(WORDS["men"] if sex == "L" else WORDS["women"])
        if self.r.random() < 0.35:
            first = first[: self.r.randint(3, 6)] + self.pick(("NI", "TO", "DI", "RI", "YAH", "MAN", "TUN", "LAH"))
        if self.r.random() < self.rates.single_names:
            return first
        more = [family] if self.r.random() < 0.25 else [self.pick(WORDS["second"])]
        if self.r.random() < 0.15:
            more.append(self.pick(WORDS["second"] if self.r.random() < 0.5 else WORDS["men"]))
        return " ".join([first, *(m for m in more if m != first)])

    def born(self, year: int) -> tuple[int, int, int]:
        """Draw a birthday in a year."""
        return (year, self.r.randint(1, 12), self.r.randint(1, 28))

    def nik(self, region: str, sex: str, born: tuple[int, int, int]) -> str:
        """Issue a NIK."""
        day = born[2] + (40 if sex == "P" else 0)
        return f"{region}{day:02d}{born[1]:02d}{born[0] % 100:02d}{min(9999, 1 + int(self.r.expovariate(0.04))):04d}"

    def card(self, region: str, year: int) -> str:
        """Issue a KK."""
        day, month, serial = self.r.randint(1, 28), self.r.randint(1, 12), self.r.randint(1, 120)
        return f"{region}{day:02d}{month:02d}{year % 100:02d}{serial:04d}"

    def person(self, region: str, sex: str, born: tuple[int, int, int], role: str, family: str, mother: str) -> Person:
        """Draw a person."""
        self.persons += 1
        where = self.pick(WORDS["places"])
        new = Person(self.persons, self.name(sex, family), sex, born, self.nik(region, sex, born), where, mother, role)
        if self.rates.patronyms:
            new.father = self.name("L", family)
        if self.rates.nik_given_twice:
            if (region, sex, born[0]) in self.given and self.r.random() < self.rates.nik_given_twice:
                other = self.given[region, sex, born[0]]
                new.nik, new.born = other.nik, other.born
            self.given[region, sex, born[0]] = new
        return new

    def stay(self, year: int, village: str) -> Stay:
        """Draw an address in a village."""
        region = village.replace(".", "")[:6]
        rng = random.Random(village)
        hamlets = rng.sample(WORDS["hamlets"], 5)
        street = f"JL. {self.pick(WORDS['streets'])} NO. {self.r.randint(1, 200)}" if self.r.random() < 0.5 else ""
        if self.rates.streets and self.r.random() < self.rates.streets:
            street = f"JL. {rng.choice(WORDS['streets'])}"
        card = self.card(region, self.r.randint(2004, YEARS[0]) if year < 2004 else year)
        return (year, village, self.r.choice(hamlets), self.r.randint(1, RTS), self.r.randint(1, RWS), street, card)

    def twin(self, child: Person, serial: int, region: str, family: str) -> Person:
        """Draw somebody born with a child: of one sex they have the next NIK, and perhaps almost the same name."""
        twin = self.person(region, self.r.choice("LP"), child.born, "ANAK", family, child.mother)
        if twin.sex == child.sex:
            twin.nik = child.nik[:12] + f"{(int(child.nik[12:]) + serial) % 10000:04d}"
            if self.rates.alike_twins and self.r.random() < self.rates.alike_twins:
                twin.name = name_alike(self.r, child.name)
        if not child.birth:
            self.births += 1
            child.birth = self.births
        twin.birth = child.birth
        return twin

    def name_like_neighbour(self, head: Person, home: Household, village: str) -> None:
        """Give a head the name of the last one drawn in the village, and put him into the same RT, of about one age."""
        if village in self.heads and self.r.random() < self.rates.namesakes:
            other, there = self.heads[village]
            head.name, head.sex = other.name, other.sex
            head.born = self.born(other.born[0] + self.r.randint(-3, 3))
            head.nik = self.nik(village.replace(".", "")[:6], head.sex, head.born)
            home.stays[0] = (*home.stays[0][:2], *there[2:5], *home.stays[0][5:])
        self.heads[village] = head, home.stays[0]

    def institution(self, village: str) -> list[Household]:
        """Draw a home of people who are no family: one address, no card; each of them is a household of his own."""
        r, place = self.r, f"PANTI {self.pick(WORDS['second'])}"
        stay, region, out = self.stay(2000, village), village.replace(".", "")[:6], []
        for _ in range(r.randint(30, 80)):
            self.households += 1
            family = self.pick(WORDS["second"])
            who = self.person(region, r.choice("LP"), self.born(r.randint(1940, 2018)), "FAMILI LAIN", family, "")
            out.append(Household(self.households, [who], [(*stay[:5], place, "")]))
        return out

    def household(self, village: str, villages: list[str]) -> list[Household]:
        """Draw a household with its moves, and those that its children found."""
        region, r, rates = village.replace(".", "")[:6], self.r, self.rates
        family = self.pick(WORDS["second"])
        self.households += 1
        home = Household(self.households, [], [self.stay(2000, village)])
        year = r.randint(1945, 1995)
        head_sex = "L" if r.random() < 0.85 else "P"
        head = self.person(region, head_sex, self.born(year), "KEPALA KELUARGA", family, self.name("P", family))
        if rates.namesakes:
            self.name_like_neighbour(head, home, village)
        home.members.append(head)
        mother = self.name("P", family)
        if head_sex == "L" and r.random() < 0.85:
            wife = self.person(region, "P", self.born(year + r.randint(-2, 8)), "ISTRI", family, self.name("P", family))
            mother = wife.name
            home.members.append(wife)
        born = year + r.randint(19, 28)
        for _ in range(min(7, int(r.expovariate(0.45)))):
            if born > 2020:
                break
            child = self.person(region, r.choice("LP"), self.born(born), "ANAK", family, mother)
            home.members.append(child)
            if r.random() < rates.twins:
                more = 2 if rates.triplets and r.random() < rates.triplets else 1
                for serial in range(1, more + 1):
                    home.members.append(self.twin(child, serial, region, family))
            born += r.randint(1, 5)
        if r.random() < 0.12:
            home.members.append(
                self.person(region, r.choice("LP"), self.born(year - r.randint(19, 30)), "ORANG TUA", family, "")
            )
        for member in home.members:
            if member.role == "ANAK" and head_sex == "L" and rates.patronyms:
                member.father = head.name
        if r.random() < rates.moves:
            moved = self.stay(r.randint(2019, 2025), r.choice(villages))
            home.stays.append((*moved[:6], home.stays[0][6]) if r.random() < rates.move_keeps_card else moved)
        elif r.random() < rates.card_replaced:
            old = home.stays[0]
            replaced = r.randint(2019, 2025)
            home.stays.append((replaced, *old[1:6], self.card(region, replaced)))
        founded = []
        for child in home.members:
            if child.role == "ANAK" and child.born[0] < 2003 and r.random() < rates.splits:
                child.founded = r.randint(2014, 2025)
                self.households += 1
                where = village if r.random() < 0.6 else r.choice(villages)
                founded.append(Household(self.households, [child], [self.stay(child.founded, where)]))
        return [home, *founded]


def name_alike(r: random.Random, name: str) -> str:
    """Return a name whose first word has another vowel, or two, than a given one: RINA and RINI."""
    first, *rest = name.split()
    vowels = [k for k, letter in enumerate(first) if letter in "AEIOU"] or [len(first) - 1]
    for k in r.sample(vowels, min(len(vowels), r.choice((1, 1, 2)))):
        first = first[:k] + r.choice([v for v in "AEIOU" if v != first[k]]) + first[k + 1 :]
    return " ".join([first, *rest])


def generate(records: int, seed: int = 1, rates: Rates | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return about `records` records (contract columns, `sumber`) and their truth: record_id, person_id, hh_id, and
    birth (one number for twins and triplets, 0 for all others)."""
    rates = rates or Rates()
    population = Population(seed, rates)
    r = population.r
    count = max(1, round(records / 1800))
    villages = [f"16.{10 + k // 250}.{1 + k // 12 % 20:02d}.{2001 + k % 12 + 12 * (k // 240)}" for k in range(count)]
    rows: list[tuple[object, ...]] = []
    while len(rows) < records:
        village = villages[population.households % count]
        homes = population.household(village, villages)
        if rates.institutions and r.random() < rates.institutions:
            homes += population.institution(village)
        for home in homes:
            for year in YEARS:
                for source in SOURCES:
                    if r.random() < rates.listed:
                        listed(r, home, year, source, rates, rows)
    r.shuffle(rows)
    columns = [
        "nama",
        "nik",
        "no_kk",
        "tempat_lahir",
        "tanggal_lahir",
        "jenis_kelamin",
        "alamat",
        "dusun",
        "rt",
        "rw",
        "kode_desa",
        "hubungan",
        "kepala_keluarga",
        "nama_ibu",
        "sumber",
        "periode",
        "person_id",
        "hh_id",
        "birth",
    ]
    frame = pd.DataFrame(rows, columns=columns)
    frame.insert(0, "record_id", [f"b{k:08d}" for k in range(len(frame))])
    truth = frame[["record_id", "person_id", "hh_id", "birth"]]
    out = frame.drop(columns=["person_id", "hh_id", "birth"])
    return (out.drop(columns="nama_ibu") if rates.mothers == 0 else out), truth


def varied(seed: int) -> Rates:
    """Draw other rates: each up to twice or down to half of the usual one."""
    r = random.Random(seed)
    usual = Rates()
    names = [n for n in vars(usual) if n not in ("listed", "member_listed", "fame", "mothers") and getattr(usual, n)]
    drawn = {n: min(0.6, getattr(usual, n) * 2 ** r.uniform(-1, 1)) for n in names}
    return replace(usual, **drawn, fame=r.uniform(0.5, 1.5), mothers=r.choice((0.0, 0.8)))


def in_province(number: int, records: int, seed: int, rates: Rates | None = None) -> pd.DataFrame:
    """Return the records of a population as those of a province of its own, where nobody of others is known: villages
    and numbers that are given there begin with its code, record ids with its letter."""
    frame, _ = generate(records, seed + number, rates)
    code = str(11 + number)
    for name in ("nik", "no_kk", "kode_desa"):
        frame[name] = frame[name].str.replace("^16", code, regex=True)
    return frame.assign(record_id=string.ascii_lowercase[number] + frame["record_id"].str[1:])


def main() -> None:
    """Write a population to a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--varied", action="store_true", help="draw other rates by the seed")
    parser.add_argument("--provinces", type=int, default=1, help="so many (at most 26) of so many records, no truth")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rates = varied(options.seed) if options.varied else None
    if options.provinces > 1:
        parts = (in_province(number, options.records, options.seed, rates) for number in range(options.provinces))
        write_parts(options.out / "records.parquet", parts)
        return
    records, truth = generate(options.records, options.seed, rates)
    records.to_parquet(options.out / "records.parquet")
    truth.to_parquet(options.out / "truth.parquet")
    print(f"{len(records)} records, {truth['person_id'].nunique()} persons, {truth['hh_id'].nunique()} households")


def write_parts(path: Path, parts: Iterable[pd.DataFrame]) -> None:
    """Write frames of the same columns to one file, a row group each, with no more than one in memory."""
    writer = None
    for part in parts:
        table = pa.Table.from_pandas(part, preserve_index=False)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table, row_group_size=len(part))
        print(f"{len(part)} records")
    if writer:
        writer.close()


if __name__ == "__main__":
    main()
