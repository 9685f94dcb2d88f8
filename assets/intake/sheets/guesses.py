"""Which field a column without a known header feeds, by its cells and by what they say of each other.

Danger: a guess that is accepted unread gives wrong values to everybody: a running number as ages, the date of a survey
as birth dates, a household's number as NIK, mothers as the people listed. Remedy: cells that merely look right are not
enough where another meaning would look the same. A NIK holds a birth date and a sex: dates, ages, sexes and names have
to agree with it, and it with them. Constants and numbers that count rows are refused. What stays uncertain is asked.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from assets.intake.sheets.births import (
    ENOUGH,
    MOST,
    Birth,
    age_share,
    agreement,
    birth,
    born_on,
    both_sexes,
    date_parts,
    lift,
    of_cards,
    of_persons,
    reach_back,
    same_sex,
    share_of,
    sixteen,
    stated_cells,
)
from assets.intake.sheets.evidence import DATE, PLACEHOLDERS, known_category
from assets.intake.sheets.legends import is_disability
from validation.vocabulary import relation_of, sex_of

_AGREES = 0.5
"""Share of birth dates equal to those of the NIKs that makes both sure: in real lists, one in ten differs."""
_SEXES_AGREE = 0.95
_LEAST_LIFT = 0.08
"""How much better than the commoner sex a column of names has to tell the sexes of the NIKs; more in short lists."""
_SAME_AS_HEAD = 0.15
_NAMES_DIFFER = 0.5
_ONLY_NAMES_DIFFER = 0.75
"""Share of different names in the only column of names, where no NIK can test it: jobs and hamlets repeat more."""
_WORDS = re.compile(r"^[^\W\d_][^\d]*$")
_ADDRESSES = 0.6
"""Share of addresses that begin with a word for a street or a hamlet."""
_ADDRESS = re.compile(r"^\s*(?:jl|jln|jalan|gg|gang|lr|lrg|lorong|kp|kampung|blok|perum|dusun|dsn|ds|rt)\b", re.I)
_RT = re.compile(r"^\s*rt\.?\s*\d{1,3}\s*$", re.I)
_RT_RW = re.compile(r"^\s*(?:\d{2,3}\s*/\s*\d{2,3}|rt\.?\s*\d{1,3}\s*[-/, ]\s*rw\.?\s*\d{1,3})\s*$", re.I)
_PLACE_AND_DATE = re.compile(
    r"^\s*[^\W\d_][^\d,;/]{2,}[,;/ ]\s*\d{1,2}\s*[-/. ]\s*(?:\d{1,2}|[A-Za-z]{3,9})\s*[-/. ]\s*\d{2,4}\s*$"
)
_NO_NAME = re.compile(r"^(?:ada|tidak|belum|ya|layak|aktif|lengkap|sudah)\b|^.{0,2}$", re.I)


@dataclass(frozen=True, slots=True)
class Guess:
    """The fields of a column and the evidence, in Indonesian; `codes`: what its codes of sexes mean."""

    fields: str
    why: str
    codes: Mapping[str, str] = field(default_factory=dict)


Texts = Mapping[int, Sequence[str]]
"""The cells of each column, blank and placeholder cells as `''`; all columns are equally long."""


def guesses(cells: Mapping[int, Sequence[str]], declared_sex: Mapping[str, str], known: Iterable[str] = ()) -> tuple[
    dict[int, Guess], dict[str, list[int]]
]:  # fmt: skip
    """The column of each field that is certain, and for fields that are not, the columns that may hold it.

    `known`: fields that other columns already feed; they are not guessed again.
    """
    texts = {c: ["" if t.strip().lower() in PLACEHOLDERS else t.strip() for t in column] for c, column in cells.items()}
    free = {c: column for c, column in texts.items() if _says_something(column)}
    found: dict[int, Guess] = {}
    births, doubtful = _numbers(free, found)
    if not doubtful:
        _dates(free, births, found)
    _sexes({c: [text.strip() for text in cells[c]] for c in free}, births, declared_sex, found)
    _ages(free, births, found)
    _words(free, found)
    unsure = _names(free, births, found)
    taken = set(known)
    for column in [c for c, guess in found.items() if set(guess.fields.split("+")) & taken]:
        del found[column]
    return found, {name: columns for name, columns in unsure.items() if name not in taken}


def _says_something(column: Sequence[str]) -> bool:
    stated = stated_cells(column)
    return len(stated) >= 2 and not _is_running(stated)


def _is_running(stated: Sequence[str]) -> bool:
    """Whether a column counts its rows, anew now and then: 1, 2, 3."""
    numbers = [int(plain) for text in stated if (plain := text.rstrip(".)")).isdigit() and len(plain) <= 6]
    steps = sum(b - a == 1 for a, b in pairwise(numbers))
    return len(numbers) == len(stated) > 2 and steps >= 0.5 * (len(numbers) - 1)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _numbers(free: Texts, found: dict[int, Guess]) -> tuple[list[Birth | None], bool]:
    """The NIK and the KK among columns of 16 digits. What the NIKs say, person by person; nothing without a NIK.
    And whether there are NIKs of which it is not certain whose they are.

    Dates of birth and dates of issue look alike, but women's days are above 40 in a NIK only, births reach back decades
    before 2000 where KK cards do not, and the NIK alone agrees with a column of birth dates.
    """
    births: dict[int, list[Birth | None]] = {}
    for c, column in free.items():
        stated = stated_cells(column)
        if share_of(stated, sixteen) < MOST or len(set(stated)) < 2:
            continue
        said = [birth(text) if text and sixteen(text) else None for text in column]
        if sum(b is not None for b in said) >= 0.7 * len(stated):
            births[c] = said
    persons = [c for c, said in births.items() if of_persons(said)]
    persons = [c for c in persons if not any(_is_head(free[c], free[other]) for other in persons)]
    mixed = [c for c in persons if both_sexes(births[c])]
    own = mixed or persons
    every_date = _all_dates(free)
    agreeing = {c for c in own if any(agreement(births[c], dates) >= _AGREES for dates in every_date.values())}
    confirmed = [c for c in own if c in agreeing or (not _decades(free, every_date) and _bears_out(free, births[c]))]
    own = confirmed if not mixed or _decades(free, every_date) or len(confirmed) == 1 else own
    niks = [c for c in own if len(set(stated_cells(free[c]))) >= 0.8 * len(stated_cells(free[c]))]
    chosen = niks[0] if len(niks) == 1 else None
    if chosen is not None:
        women = sum(b is not None and b.sex == "P" for b in births[chosen])
        seen = "tanggalnya sama dengan kolom tanggal lahir" if agreeing else f"{women} dengan hari lahir perempuan"
        found[chosen] = Guess("nik", f"16 angka, berbeda di tiap baris, {seen}")
    cards = [c for c, said in births.items() if c != chosen and of_cards(said, stated_cells(free[c]))]
    if len(cards) == 1 and (chosen is not None or len(set(free[cards[0]])) < len(free[cards[0]])):
        found[cards[0]] = Guess("no_kk", "16 angka dengan tanggal terbit, tanpa hari lahir perempuan")
    return (births[chosen], False) if chosen is not None else ([], bool(persons))


def _all_dates(free: Texts) -> dict[int, list[tuple[int, int, int] | None]]:
    """Every column that holds dates, alone or behind a place."""
    return {
        c: [date_parts(text) for text in column]
        for c, column in free.items()
        if share_of(stated_cells(column), lambda t: DATE.match(t) or _PLACE_AND_DATE.match(t)) >= MOST
    }


def _decades(free: Texts, dates: Iterable[int]) -> bool:
    """Whether one of the columns of dates looks like birth dates."""
    return any(reach_back(stated_cells(free[c])) for c in dates)


def _bears_out(free: Texts, births: Sequence[Birth | None]) -> bool:
    """Whether some column holds the ages or the sexes that numbers say."""
    sexes = (same_sex([sex_of(text) for text in column], births) for column in free.values())
    return any(age_share(column, births) for column in free.values()) or any((s or 0) >= _SEXES_AGREE for s in sexes)


def _dates(free: Texts, births: Sequence[Birth | None], found: dict[int, Guess]) -> None:
    candidates: list[tuple[float, int, str]] = []
    for c, column in free.items():
        stated = stated_cells(column)
        plain, placed = share_of(stated, DATE.match), share_of(stated, _PLACE_AND_DATE.match)
        if max(plain, placed) < MOST or len(set(stated)) < 2:
            continue
        fields = "tanggal_lahir" if plain >= placed else "tempat_lahir+tanggal_lahir"
        dates = [date_parts(text) for text in column]
        if births:
            candidates.append((agreement(births, dates), c, fields))
        elif any(age_share(other, born_on(column)) for other in free.values()):
            candidates.append((_AGREES, c, fields))
    fitting = [one for one in candidates if one[0] >= _AGREES]
    if fitting and (births or len(fitting) == 1):
        share, c, fields = max(fitting)
        said = f"{_percent(share)} sama dengan tanggal di NIK" if births else "cocok dengan kolom umur"
        found[c] = Guess(fields, said)


def _sexes(free: Texts, births: Sequence[Birth | None], declared: Mapping[str, str], found: dict[int, Guess]) -> None:
    fitting: list[tuple[float, int, Guess]] = []
    cards = next((free[c] for c, guess in found.items() if guess.fields == "no_kk"), None)
    for c, column in free.items():
        stated = stated_cells(column)
        kinds = {text.lower() for text in stated}
        if c in found or len(kinds) > 8:
            continue
        codes = _codes_of_sexes(column, births, declared)
        said = [codes.get(text) if codes else sex_of(text) for text in column]
        if sum(s is not None for s in said) < MOST * len(stated):
            continue
        share = same_sex(said, births)
        if share is None and (len(kinds) < 2 or (codes and not declared)):
            continue
        of_heads = share != 1 and cards is not None and _one_a_family(column, cards)
        if of_heads or (share is not None and share < _SEXES_AGREE):
            continue
        why = f"{_percent(share)} sama dengan jenis kelamin di NIK" if share is not None else "kata jenis kelamin"
        fitting.append((share or 0.0, -c, Guess("jenis_kelamin", why, codes)))
    if len({tuple(free[-c]) for _, c, _ in fitting}) == 1:
        _, c, guess = fitting[0]
        found[-c] = guess


def _codes_of_sexes(
    column: Sequence[str], births: Sequence[Birth | None], declared: Mapping[str, str]
) -> dict[str, str]:
    """What codes of sexes mean: as declared, else as the NIKs of the same rows say."""
    kinds = sorted({text for text in column if text})
    if declared and set(kinds) <= declared.keys():
        return dict(declared)
    if len(kinds) != 2 or not all(kind.isdigit() and len(kind) == 1 for kind in kinds):
        return {}
    told = Counter((text, b.sex) for text, b in zip(column, births or [None] * len(column), strict=True) if text and b)
    if sum(told.values()) < ENOUGH:
        return {}
    codes = {kind: max("LP", key=lambda sex: told[kind, sex]) for kind in kinds}
    clear = all(sum(told[kind, sex] for sex in "LP") >= 3 for kind in kinds)
    return codes if clear and len(set(codes.values())) == 2 else {}


def _ages(free: Texts, births: Sequence[Birth | None], found: dict[int, Guess]) -> None:
    """Ages are what, added to the year of birth, gives the same year for nearly everybody."""
    if not births:
        dated = next((free[c] for c, guess in found.items() if "tanggal_lahir" in guess.fields), [])
        births = born_on(dated)
    fitting = [(share, -c) for c, column in free.items() if c not in found and (share := age_share(column, births))]
    if fitting:
        share, c = max(fitting)
        found[-c] = Guess("umur", f"{_percent(share)} cocok dengan tahun lahir")


def _words(free: Texts, found: dict[int, Guess]) -> None:
    """Fields whose words are known: each to its one column."""
    tests: tuple[tuple[str, str, Callable[[str], object]], ...] = (
        ("hubungan", "kata hubungan keluarga", relation_of),
        ("kategori", "jenis PMKS yang dikenal", lambda text: known_category(text) and not is_disability(text)),
        ("jenis_disabilitas", "jenis disabilitas", is_disability),
        ("rt+rw", "nomor RT dan RW", _RT_RW.match),
        ("rt", "nomor RT", _RT.match),
        ("alamat", "diawali kata alamat", _ADDRESS.match),
    )
    for name, why, test in tests:
        fitting = [
            (c, share)
            for c, column in free.items()
            if c not in found
            and (share := share_of(stated_cells(column), test)) >= (MOST if name != "alamat" else _ADDRESSES)
        ]
        if len(fitting) == 1:
            c, share = fitting[0]
            if name != "jenis_disabilitas" or "kategori" in {guess.fields for guess in found.values()}:
                found[c] = Guess(name, f"{_percent(share)} {why}")


def _names(free: Texts, births: Sequence[Birth | None], found: dict[int, Guess]) -> dict[str, list[int]]:
    """The people's own names: of several columns of names the one that goes with the sexes in the NIKs."""
    candidates = [c for c, column in free.items() if c not in found and are_names(stated_cells(column))]
    lifts = {c: lift(free[c], births) for c in candidates}
    tested = [c for c in candidates if lifts[c] is not None]
    fitting = [c for c in tested if (lifts[c] or 0) >= max(_LEAST_LIFT, sum(map(bool, births)) ** -0.5)]
    cards = next((free[c] for c, guess in found.items() if guess.fields == "no_kk"), None)
    heads = {c for c in candidates if cards and _one_a_family(free[c], cards)}
    heads |= {c for c in candidates for other in candidates if other not in heads and _is_head(free[c], free[other])}
    own = [c for c in fitting or candidates if c not in heads]
    chosen = None
    if tested and len(tested) == len(candidates):
        best = sorted(own if fitting else [], key=lambda c: -(lifts[c] or 0))
        clear = len(best) == 1 or (len(best) > 1 and (lifts[best[0]] or 0) >= 2 * (lifts[best[1]] or 0))
        chosen = best[0] if best and clear else None
        why = "nama orang; cocok dengan jenis kelamin di NIK"
    elif len(candidates) == 1 and own and len(set(free[own[0]])) >= _ONLY_NAMES_DIFFER * len(free[own[0]]):
        chosen, why = own[0], "satu-satunya kolom berisi nama orang"
    if chosen is None:
        return {"nama": candidates} if candidates else {}
    found[chosen] = Guess("nama", why)
    return {}


def are_names(stated: Sequence[str]) -> bool:
    """Whether the stated cells of a column are names of different people, and no words of a list's other columns."""
    differ = len(set(stated)) >= _NAMES_DIFFER * len(stated)
    return (
        differ
        and share_of(stated, lambda t: _WORDS.match(t) and not _NO_NAME.match(t)) >= 0.8
        and share_of(stated, _is_term) < 0.1
    )


def _is_term(text: str) -> bool:
    return bool(relation_of(text) or sex_of(text) or known_category(text) or _ADDRESS.match(text))


def _is_head(column: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a column names the heads of the people named: often the same person, and fewer of them."""
    same = sum(bool(one) and one == other for one, other in zip(column, names, strict=True))
    return same >= max(3, _SAME_AS_HEAD * len(names)) and len(set(column)) < len(set(names))


def _one_a_family(column: Sequence[str], cards: Sequence[str]) -> bool:
    """Whether all members of a family have the same name here: the head's."""
    families: dict[str, list[str]] = defaultdict(list)
    for text, card in zip(column, cards, strict=True):
        if text and card:
            families[card].append(text)
    several = [names for names in families.values() if len(names) > 1]
    return len(several) >= 2 and sum(len(set(names)) == 1 for names in several) >= 0.8 * len(several)
