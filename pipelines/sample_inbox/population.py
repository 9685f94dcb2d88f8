"""Invented people in invented households, and what a year does to them: birthdays, moves, marriages, deaths."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from validation.categories import of_group, pmks_types

FIRST_FREE_SERIAL = 9000
"""A NIK ends in a serial that counts the people of one birth date registered in one kecamatan. No kecamatan has
thousands of them, so serials from here on belong to nobody."""


@cache
def words(table: str) -> dict[str, Any]:
    """The word lists of `<table>.yml`."""
    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).parent / f"{table}.yml").read_text(encoding="utf-8"))
    return loaded


@dataclass(frozen=True)
class Person:
    """One invented person; `trait` is what brings them onto a list (see `categories_of`), if anything does."""

    key: str
    name: str
    sex: str
    born: date
    birthplace: str
    nik: str
    mother: str
    trait: str | None
    disability: str | None
    neglected: bool | None

    def age(self, year: int) -> int:
        """Years completed by 31 December, the end of the reporting period."""
        return year - self.born.year


@dataclass(frozen=True)
class Member:
    person: Person
    relation: str


@dataclass(frozen=True)
class Household:
    """People under one roof and on one family card in one year."""

    key: str
    village: str
    kk: str
    address: str
    hamlet: str
    rt: int
    rw: int
    members: tuple[Member, ...]
    poor: bool
    unfit_house: bool
    troubled: bool
    married: int | None

    @property
    def head(self) -> Person:
        return self.members[0].person


class Population:
    """Households by village, year by year. The same seed gives the same people, whatever is asked of them later."""

    def __init__(self, seed: int, villages: Sequence[str], households: int, first_year: int) -> None:
        self._rng = random.Random(f"{seed}/population")
        self._people = 0
        self._families = 0
        self._used: set[str] = set()
        self._years = {first_year: [self._family(v, first_year) for v in villages for _ in range(households)]}
        self._by_village: dict[int, dict[str, list[Household]]] = {}
        self._last = first_year

    def in_year(self, year: int) -> list[Household]:
        """All households as they are at the end of `year`."""
        while self._last < year:
            self._years[self._last + 1] = self._next_year(self._years[self._last], self._last + 1)
            self._last += 1
        return self._years[year]

    def in_village(self, village: str, year: int) -> list[Household]:
        """The same, of one village."""
        if year not in self._by_village:
            self._by_village[year] = defaultdict(list)
            for household in self.in_year(year):
                self._by_village[year][household.village].append(household)
        return self._by_village[year][village]

    def _next_year(self, households: list[Household], year: int) -> list[Household]:
        rng = self._rng
        villages = sorted({h.village for h in households})
        after = [self._moved(h, rng.choice(villages), year) if rng.random() < 0.06 else h for h in households]
        after = [self._bereaved(h, year) for h in after]
        return self._marry(after, year)

    def _moved(self, household: Household, village: str, year: int) -> Household:
        """A family in a new place: a new card wherever the village is another."""
        kk = household.kk if village == household.village else self._kk(village, year)
        return replace(household, village=village, kk=kk, **self._place())

    def _bereaved(self, household: Household, year: int) -> Household:
        """Without a spouse who died, mostly in old age; the card stays."""
        if len(household.members) < 2 or household.members[1].relation != "ISTRI":
            return household
        head, wife, *others = household.members
        if head.person.age(year) < 62 or self._rng.random() > 0.12:
            return household
        widow = Member(wife.person, "KEPALA KELUARGA")
        return replace(household, members=(widow, *others))

    def _marry(self, households: list[Household], year: int) -> list[Household]:
        """A few grown children of two families found a third, with a card of its own; the parents' cards stay."""
        grown: dict[str, list[tuple[int, Member]]] = {"L": [], "P": []}
        for at, household in enumerate(households):
            for member in household.members:
                if member.relation == "ANAK" and 20 <= member.person.age(year) <= 32 and not member.person.disability:
                    grown[member.person.sex].append((at, member))
        after = list(households)
        grooms, brides = (self._rng.sample(grown[sex], k=len(grown[sex])) for sex in "LP")
        for (his, groom), (hers, bride) in list(zip(grooms, brides, strict=False))[: max(1, len(households) // 20)]:
            if his == hers:
                continue
            for at, gone in ((his, groom), (hers, bride)):
                after[at] = replace(after[at], members=tuple(m for m in after[at].members if m != gone))
            village = households[his].village
            pair = (Member(groom.person, "KEPALA KELUARGA"), Member(bride.person, "ISTRI"))
            after.append(self._household(village, pair, year, poor=True, married=year))
        return after

    def _family(self, village: str, year: int) -> Household:
        rng = self._rng
        kind = rng.choices(["couple", "young", "widow", "old"], [55, 12, 18, 15])[0]
        if kind == "old":
            head = self._person(village, rng.choice("LP"), year - rng.randint(62, 84), "old")
            return self._household(village, (Member(head, "KEPALA KELUARGA"),), year, poor=rng.random() < 0.5)
        if kind == "widow":
            head = self._person(village, "P", year - rng.randint(26, 52), "widow")
            members = [Member(head, "KEPALA KELUARGA")]
            mother = head
        else:
            age = rng.randint(20, 27) if kind == "young" else rng.randint(30, 58)
            head = self._person(village, "L", year - age - rng.randint(0, 4), None)
            mother = self._person(village, "P", year - age, None)
            members = [Member(head, "KEPALA KELUARGA"), Member(mother, "ISTRI")]
        eldest = mother.born.year + rng.randint(19, 24)
        births = [eldest + 3 * n + rng.randint(0, 1) for n in range(rng.randint(0 if kind == "young" else 1, 4))]
        for born in births:
            if born < year:
                role = "child" if year - born < 18 else None
                child = self._person(village, rng.choice("LP"), born, role, mother.name)
                members.append(Member(child, "ANAK"))
        if rng.random() < 0.12:
            grandmother = self._person(village, "P", mother.born.year - rng.randint(20, 28), "old")
            members.append(Member(grandmother, "ORANG TUA" if kind == "widow" else "MERTUA"))
        married = year if kind == "young" else None
        return self._household(village, tuple(members), year, poor=rng.random() < 0.55, married=married)

    def _household(
        self, village: str, members: tuple[Member, ...], year: int, *, poor: bool, married: int | None = None
    ) -> Household:
        self._families += 1
        rng = self._rng
        return Household(
            key=f"K{self._families:04d}",
            village=village,
            kk=self._kk(village, year - rng.randint(0, 9)),
            members=members,
            poor=poor,
            unfit_house=poor and rng.random() < 0.35,
            troubled=rng.random() < 0.04,
            married=married,
            **self._place(),
        )

    def _place(self) -> dict[str, Any]:
        rng, lists = self._rng, words("words")
        return {
            "address": f"{rng.choice(lists['roads'])} No. {rng.randint(1, 90)}",
            "hamlet": rng.choice(lists["hamlets"]),
            "rt": rng.randint(1, 9),
            "rw": rng.randint(1, 4),
        }

    def _person(self, village: str, sex: str, year: int, role: str | None, mother: str | None = None) -> Person:
        rng, lists = self._rng, words("words")
        self._people += 1
        name = rng.choice(lists[f"given_{sex.lower()}"])
        if rng.random() < 0.45:
            name += " " + rng.choice(lists[f"second_{sex.lower()}"])
        if rng.random() < 0.18:
            name += (" bin " if sex == "L" else " binti ") + rng.choice(lists["given_l"]).split()[-1]
        born = date(year, rng.randint(1, 12), rng.randint(1, 28))
        trait = _trait(rng, role)
        disability = rng.choice(lists["disabilities"]) if trait == "disabled" else None
        return Person(
            key=f"O{self._people:04d}",
            name=name,
            sex=sex,
            born=born,
            birthplace=rng.choice(lists["birthplaces"].get(village[:2], [lists["birthplaces"]["16"][0]])),
            nik=self._nik(village, sex, born),
            mother=mother or rng.choice(lists["given_p"]),
            trait=trait,
            disability=disability,
            neglected=rng.choice([True, True, False, None]) if disability else None,
        )

    def _nik(self, village: str, sex: str, born: date) -> str:
        day = born.day + (40 if sex == "P" else 0)
        return self._unused(f"{village[:8].replace('.', '')}{day:02d}{born:%m%y}")

    def _kk(self, village: str, year: int) -> str:
        issued = date(year, self._rng.randint(1, 12), self._rng.randint(1, 28))
        return self._unused(f"{village[:8].replace('.', '')}{issued:%d%m%y}")

    def _unused(self, prefix: str) -> str:
        while True:
            number = f"{prefix}{self._rng.randint(FIRST_FREE_SERIAL, 9999)}"
            if number not in self._used:
                self._used.add(number)
                return number


def _trait(rng: random.Random, role: str | None) -> str | None:
    if rng.random() < 0.07:
        return "disabled"
    if role == "old":
        return "alone" if rng.random() < 0.65 else None
    if role == "widow":
        return "breadwinner"
    if role == "child":
        return rng.choices([None, "neglected", "street"], [76, 18, 6])[0]
    return rng.choices([None, "scavenger", "released", "migrant", "flooded", "beaten"], [78, 6, 2, 5, 7, 2])[0]


def categories_of(member: Member, household: Household, year: int) -> list[str]:
    """The category codes a member has at the end of `year`, by trait, age and household, in code order.

    What concerns the whole household stands with its head. Ages follow Permensos 8/2012.
    """
    person, age = member.person, member.person.age(year)
    codes: set[str] = set()
    if person.trait == "disabled":
        codes.add(_category_of_disability(age))
    elif person.trait == "alone" and age >= 61:
        codes.add("08")
    elif person.trait == "breadwinner" and 19 <= age <= 58:
        codes.add("23")
    elif person.trait == "neglected" and age <= 17:
        codes.add("01" if age <= 4 else "02")
    elif person.trait == "street" and 6 <= age <= 17:
        codes.add("04")
    elif age >= 19:
        by_trait = {"scavenger": "13", "released": "15", "migrant": "20", "flooded": "21", "beaten": "19"}
        codes |= {by_trait[person.trait]} if person.trait in by_trait else set()
    if person == household.head:
        if household.poor:
            codes.add("24")
        if household.unfit_house:
            codes.add("LEG-RTLH")
        if household.troubled:
            codes.add("25")
        if household.married is not None and household.poor and year - household.married < 5:
            codes.add("LEG-KRM")
    return sorted(codes)


def _category_of_disability(age: int) -> str:
    """The category of people with disabilities whose window of ages holds `age`; in the last year of a window already
    the next one."""
    kinds = (pmks_types()[code] for code in sorted(of_group("disabilitas")))
    return next(kind.kode for kind in kinds if kind.umur_maks is None or age < kind.umur_maks)
