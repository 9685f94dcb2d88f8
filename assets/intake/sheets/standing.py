"""What a heading says of whether its people still belong to the list: the name or title of a sheet, the heading of a
table, a row of its own over some of the people (`GRADUASI`, `B. Yang sudah meninggal`).

Danger: those who died, moved or were struck off are referred as all others; or a word of somebody else's death or move
(`ANAK YANG AYAHNYA MENINGGAL`, `PENGGANTI YANG MENINGGAL`) costs living people their referral. Remedy: a heading
is believed only where all of it is understood: words of lists, a category, what it says of these people, and where or
when. Rests on `standing_words.csv`, `status_words.csv` and `refusal_words.csv`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from assets.intake.sheets.evidence import STANDING, known_category, status_field
from assets.intake.sheets.grid import Grid
from assets.intake.sheets.sources import Said
from validation.rule_tables import rule_table
from validation.vocabulary import refusal_of

Standing = tuple[str, str]
"""One of `STANDING`, and what it holds."""
OFF_THE_LIST = "dikeluarkan dari daftar"
"""What is said of people of whom some died, some moved and some were struck off, and nothing says who."""
_OUTER = ("dusun", "rt", "rw", "desa", "kategori")
_LONGEST = 160
_MOST_WORDS = 6
"""How many words a refusal may have."""
_SHORTEST_NO = 5
"""Letters of the words that alone say no in a heading: `NO.` heads a column of numbers, and `T` may be a name."""
_LINK = re.compile(r"^(?:(?:YANG|YG)\s+)+")
_ORDINAL = re.compile(r"^\s*(?:[a-z]|[ivx]{1,5}|\d{1,2})\s*[.)]\s*")
_AND = re.compile(r"\s*(?:[/&,+-]|\bdan\b|\batau\b)\s*(?:(?:yang|yg|sudah|telah|sdh)\s+)*")
_LINKED = re.compile(r"^(?:data|daftar|rekap\w*|nama(?:-nama)?)\b.*\b(?:yang|yg)\s+(?:(?:sudah|telah|sdh)\s+)?$")
"""The beginning of a title that may name anything, before what it says of the people it lists."""
_COUNT = re.compile(r"\s*\(?\s*\d{1,4}\s*(?:orang|jiwa|org|kk)\s*\)?\s*$")


@cache
def _words(kind: str) -> str:
    return "|".join(row["pattern"] for row in rule_table(__file__, "standing_words.csv") if row["kind"] == kind)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {
        "gone": re.compile(rf"\b(?:{_words('meninggal')}|{_words('pindah')})\b"),
        "dead": re.compile(rf"(?:{_words('meninggal')})\b"),
        "moved": re.compile(rf"(?:{_words('pindah')})\b"),
        "of_lists": re.compile(rf"(?:(?:{_words('daftar')})(?:\b\W*|$))*"),
        "others": re.compile(rf"\b(?:{_words('lain')})\b"),
        "behind": re.compile(rf"\W*$|\W*(?:(?:{_words('sesudah')})\b|\d).*"),
    }


@lru_cache(maxsize=20_000)
def standing_named(text: str) -> Standing | None:
    """What a heading says of all people below it; None where it says nothing of that, or of somebody else.

    >>> standing_named("DATA PMKS MENINGGAL DUNIA"), standing_named("II. TIDAK LAYAK"), standing_named("Aktif")
    (('status_hidup', 'meninggal'), ('status_layak', 'TIDAK LAYAK'), ('status_hidup', 'aktif'))
    >>> standing_named("Meninggal & Pindah"), standing_named("ANAK YANG AYAHNYA MENINGGAL"), standing_named("RTLH")
    (('status_layak', 'dikeluarkan dari daftar'), None, None)
    """
    plain = " ".join(text.lower().replace("_", " ").split()).rstrip(" :.")
    if not plain or len(plain) > _LONGEST:
        return None
    plain = _COUNT.sub("", _ORDINAL.sub("", plain))
    patterns = _patterns()
    if patterns["others"].search(plain):
        return None
    for word in re.finditer(r"\b\w", plain):
        rest = plain[word.start() :]
        found = _said_at(rest)
        if not found and (field := status_field(rest)) in STANDING and not patterns["gone"].search(rest):
            found = field, rest, ""
        if found and _begins_well(plain[: word.start()]) and patterns["behind"].fullmatch(found[2]):
            return found[:2]
    return None


def says_gone(said: str) -> bool:
    """Whether a standing is that people died, moved, or are not, or no longer, to be helped."""
    return said in ("meninggal", "pindah") or refusal_of(said, of_status=True) is not None


def _end_of_lists(text: str) -> int:
    found = _patterns()["of_lists"].match(text)
    return found.end() if found else 0


def _begins_well(text: str) -> bool:
    """Whether nothing but words of lists and a category stands before what is said, or a title that ends in `yang`."""
    rest = text[_end_of_lists(text) :]
    while rest and (words := rest.split()) and _end_of_lists(words[-1]) == len(words[-1]):
        rest = " ".join(words[:-1])
    return not rest.strip() or known_category(rest.strip(" -:")) or _LINKED.match(text) is not None


def _said_at(text: str) -> tuple[str, str, str] | None:
    """The standing that a text begins with, and the rest of it; life and eligibility together are one of their own."""
    first = _one_at(text)
    if not first:
        return None
    field, said, rest = first
    while (joined := _AND.match(rest)) and joined.end() and (more := _one_at(rest[joined.end() :])):
        if more[:2] != (field, said) and "status_hidup" in (field, more[0]):
            field, said = "status_layak", OFF_THE_LIST
        rest = more[2]
    return field, said, rest


def _one_at(text: str) -> tuple[str, str, str] | None:
    for name, said in (("dead", "meninggal"), ("moved", "pindah")):
        if found := _patterns()[name].match(text):
            return "status_hidup", said, text[found.end() :]
    words = text.split(" ")[:_MOST_WORDS]
    for end in range(len(words), 0, -1):
        start = " ".join(words[:end])
        if (refused := refusal_of(start, of_status=start == text and len(start) >= _SHORTEST_NO)) and len(
            refused
        ) == len(start):
            return "status_layak", _LINK.sub("", refused), text[len(start) :]
    return None


def standing_of_heading(grid: Grid, rows: Iterable[int]) -> Said:
    """What the titles above a table say of its people, and where: lines of their own that do not contradict each other,
    as the lines of a legend do."""
    found: dict[Standing, str] = {}
    for row, column, text in _lines(grid, rows):
        if standing := standing_named(text):
            found.setdefault(standing, f"title@{grid.cell(row, column)}")
    if len(found) != 1:
        return {}
    (((field, text), place),) = found.items()
    return {field: (text, place)}


def standing_of_sheet(grid: Grid, rows: Iterable[int]) -> Said:
    """What the titles above the first table say of all people of the sheet: not the last of them, which is the heading
    of that table."""
    lines = [row for row, _, _ in _lines(grid, rows)]
    return standing_of_heading(grid, lines[:-1])


def begins_anew(grid: Grid, rows: Iterable[int], before: Iterable[int]) -> bool:
    """Whether the titles above a table begin another list, and are not those of the first page again (`before`)."""
    pages = {text for _, _, text in _lines(grid, before)}
    new = [text.strip() for _, _, text in _lines(grid, rows) if text not in pages]
    return any(_ORDINAL.match(text.lower()) or _end_of_lists(text.lower()) or known_category(text) for text in new)


def _lines(grid: Grid, rows: Iterable[int]) -> list[tuple[int, int, str]]:
    """Row, column and text of the lines that stand alone in their row."""
    texts = ((row, [(column, text) for column, text in enumerate(grid.texts[row]) if text]) for row in rows)
    return [(row, *alone[0]) for row, alone in texts if len(alone) == 1]


def without_standing(values: Said) -> Said:
    """The same values but for those that say whether people belong to the list."""
    return {name: value for name, value in values.items() if name not in STANDING}


def outlived(above: Said, band: Said) -> Said:
    """What goes on to hold of the values `above` below a band: what it says anew of the standing of people ends what
    was said, and so does the next hamlet, village or category where the one before it stood over the standing's band.
    """
    said = next((above[name][1] for name in STANDING if name in above), "")
    outer = [above[name][1] for name in _OUTER if name in band and name in above]
    ends = any(name in band for name in STANDING) or any(row_of(place) < row_of(said) for place in outer)
    return without_standing(above) if ends else above


def row_of(place: str) -> int:
    """The row of a cell that a band or title stands in; 0 for another place."""
    found = re.search(r"@[A-Z]+(\d+)$", place)
    return int(found[1]) if found else 0
