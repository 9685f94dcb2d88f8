"""How the clerks of an invented population write their lists: names shortened and misspelt, dates heaped, digits lost,
a housemate's NIK copied. How often, `Rates` says."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.population import Household, Rates

ROLES = ("KEPALA KELUARGA", "ISTRI", "ANAK", "FAMILI LAIN")
SHORT = {"MUHAMMAD": ("M.", "MUH.", "MOH.", "MHD"), "SITI": ("ST.", "SITTI"), "ABDUL": ("ABD.", "A."), "NUR": ("N.",)}
OLD = (("U", "OE"), ("J", "DJ"), ("Y", "J"), ("C", "TJ"))
LETTERS = "ABDEGHIKLMNOPRSTUWY"
CHILD_OF = {"L": ("BIN", "BIN", "B."), "P": ("BINTI", "BINTI", "BT")}
RTS, RWS = 8, 5
"""RT of an RW, and RW of a village."""


def typo(r: random.Random, text: str, letters: str) -> str:
    """Change, drop, double or swap one character."""
    if len(text) < 2:
        return text
    at, kind = r.randrange(len(text) - 1), r.randrange(4)
    if kind == 0:
        return text[:at] + r.choice(letters) + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at + 1 :]
    if kind == 2:
        return text[:at] + text[at] + text[at:]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def written_name(r: random.Random, name: str, rates: Rates) -> str:
    """Write a name as a clerk does."""
    words = name.split()
    if r.random() < rates.name_short:
        words = [r.choice(SHORT[w]) if w in SHORT else w for w in words]
    if len(words) > 1 and r.random() < rates.name_dropped:
        words.pop(r.randrange(1, len(words)))
    if r.random() < rates.name_old:
        new, old = r.choice(OLD)
        words = [w.replace(new, old) for w in words]
    text = " ".join(words)
    if r.random() < rates.name_typo:
        text = typo(r, text, LETTERS)
    if r.random() < rates.title:
        text = r.choice(("H. ", "HJ. ", "BPK ", "IBU ", "ALM. ")) + text
    return text


def written_born(r: random.Random, born: tuple[int, int, int], rates: Rates) -> str | None:
    """Write a birth date as a clerk does."""
    year, month, day = born
    roll = r.random()
    if roll < rates.born_missing:
        return None
    if rates.year_only and r.random() < rates.year_only:
        return f"{year:04d}"
    roll -= rates.born_missing
    if roll < rates.born_heaped:
        month, day = r.choice(((1, 1), (12, 31), (7, 1), (1, 1)))
    elif roll < rates.born_heaped + rates.born_typo:
        kind = r.randrange(4)
        if kind == 0 and day <= 12:
            month, day = day, month
        elif kind == 1:
            year += r.choice((-10, -2, -1, 1, 2, 10))
        elif kind == 2:
            day = r.randint(1, 28)
        else:
            month = r.randint(1, 12)
    return f"{year:04d}-{month:02d}-{day:02d}"


def written_number(r: random.Random, number: str, missing: float, cut: float, wrong: float) -> str | None:
    """Write an identity number as a spreadsheet keeps it."""
    roll = r.random()
    if roll < missing:
        return None
    if roll < missing + cut:
        return number[:15] + "0"
    if roll < missing + cut + wrong:
        at = r.randrange(6, 15)
        if r.random() < 0.4:
            return number[:at] + number[at + 1] + number[at] + number[at + 2 :]
        return number[:at] + str(r.randrange(10)) + number[at + 1 :]
    return number


def listed(
    r: random.Random, home: Household, year: int, source: str, rates: Rates, rows: list[tuple[object, ...]]
) -> None:
    """Write the members of a household who are on one list."""
    stays = [s for s in home.stays if s[0] <= year]
    members = [m for m in home.members if (m.founded <= year) == (home.members[0] is m and m.founded != 9999)]
    present = [m for m in members if m.born[0] <= year and r.random() < rates.member_listed]
    if not stays or not present:
        return
    _, village, hamlet, rt, rw, street, card = stays[-1]
    head, above = home.members[0], None
    width = r.choice((20, 25, 30)) if rates.name_cut and r.random() < rates.name_cut else None
    after_father = rates.patronyms and r.random() < rates.patronyms
    for person in present:
        for _ in range(2 if r.random() < rates.listed_twice else 1):
            nik = person.nik if r.random() >= rates.nik_copied else r.choice(home.members).nik
            place = street or f"{r.choice(('DUSUN', 'DSN.', 'DK.'))} {hamlet} RT {rt:02d}/{rw:02d}"
            role = "KEPALA KELUARGA" if person is head else person.role
            if r.random() < rates.role_wrong:
                role = r.choice(ROLES)
            born_at = person.birthplace
            if r.random() < rates.birthplace_typo:
                born_at = typo(r, born_at, LETTERS)
            numbers = (r.randint(1, of) if r.random() < rates.rt_wrong else n for n, of in ((rt, RTS), (rw, RWS)))
            parts = (place, hamlet, *(f"{number:03d}" for number in numbers))
            said = [None if r.random() < rates.place_missing else part for part in parts]
            sex = person.sex if r.random() >= rates.sex_wrong else ("P" if person.sex == "L" else "L")
            name = written_name(r, person.name, rates)
            if after_father and person.father:
                name += f" {r.choice(CHILD_OF[person.sex])} {written_name(r, person.father, rates)}"
            name = name[:width].rstrip()
            number = written_number(r, nik, rates.nik_missing, rates.nik_cut, rates.nik_typo)
            if above and rates.nik_from_above and r.random() < rates.nik_from_above:
                number = above
            above = number
            rows.append(
                (
                    name,
                    number,
                    written_number(r, card, rates.kk_missing, rates.nik_cut, rates.kk_typo) if card else None,
                    None if r.random() < rates.birthplace_missing else born_at,
                    written_born(r, person.born, rates),
                    None if r.random() < 0.02 else sex,
                    *said,
                    village,
                    None if r.random() < rates.role_missing else role,
                    None if r.random() < 0.13 else written_name(r, head.name, rates)[:width].rstrip(),
                    written_name(r, person.mother, rates) if r.random() < rates.mothers else None,
                    source,
                    str(year),
                    person.number,
                    home.number,
                    person.birth,
                )
            )
