"""Coded values and their meaning, from the sheet's own legend, its header, a known export, or a declaration.

A bare number means nothing by itself: `1` is a man in one list and a woman in the next. Only what stands here turns
codes into words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from assets.intake.sheets.evidence import known_category
from assets.intake.sheets.grid import Grid
from assets.intake.sheets.headers import header_key
from validation.rule_tables import rule_table
from validation.vocabulary import relation_of, sex_of

_PAIR = re.compile(
    r"(?<![\w/])[\[(]?(\d{1,2})[\])]?\s*[=:.)\-–]?\s*=?\s*([A-Za-z][A-Za-z.'/ &-]*?)"
    r"\s*(?=[,;|\n\])]|$|[\[(]?\d{1,2}\s*[\])=:.])"
)
_LETTER_PAIR = re.compile(r"(?<![\w/])([A-Z]{1,5})\s*=\s*([A-Za-z][A-Za-z.'/ &-]*?)\s*(?=[,;|\n\])]|$)")
_LETTER_LINE = re.compile(r"[\[(]?([A-Z])[\])]?\s*[=:.)\-–]\s*([A-Za-z][A-Za-z.'/ &-]*)")
_DISABILITY = re.compile(
    r"FISIK|TUBUH|DAKSA|NETRA|BUTA|RUNGU|WICARA|TULI|BISU|MENTAL|JIWA|GRAHITA|INTELEKTUAL|SENSORIK", re.I
)

CODED = ("jenis_kelamin", "hubungan", "kategori", "jenis_disabilitas", "status_hidup")
"""Fields whose cells may be codes."""
_OFFICIAL_RELATIONS = re.compile(
    r"\bSHDK\b|STAT(?:US)?[\s._]*HUB(?:UNGAN)?[\s._]*(?:DALAM|DLM)[\s._]*KEL|STAT[\s._]*HBKEL"
    r"|\b0?1\s*(?:-|–|s[./]?\s*d\.?|sampai|to)\s*11\b",
    re.IGNORECASE,
)

Codes = dict[str, str]


def pairs_in(text: str) -> Codes:
    """Code → meaning pairs that one cell spells out.

    >>> pairs_in("sex: 1 = Laki-laki, 2 = Perempuan")
    {'1': 'Laki-laki', '2': 'Perempuan'}
    >>> pairs_in("A = Anak Terlantar; B = Lansia Terlantar")
    {'A': 'Anak Terlantar', 'B': 'Lansia Terlantar'}
    """
    found = _PAIR.findall(text) or (_LETTER_PAIR.findall(text) if "=" in text else ())
    return {code: meaning.strip() for code, meaning in found}


def legend_of(pairs: Mapping[str, str]) -> tuple[str, Codes] | None:
    """The field whose codes these are, with canonical meanings; None unless at least two agree.

    Kinds of disability are categories, too; where all of them are kinds, they are codes of the kind.
    """
    if len(pairs) < 2:
        return None
    if not all(map(str.isdigit, pairs)):  # letters as codes of anything else are words
        return ("kategori", dict(pairs)) if are_categories(pairs) else None
    sexes = {code: sex for code, meaning in pairs.items() if (sex := sex_of(meaning))}
    if len(sexes) == len(pairs) == 2 and len(set(sexes.values())) == 2:
        return "jenis_kelamin", sexes
    relations = {code: name for code, meaning in pairs.items() if (name := relation_of(meaning))}
    if len(relations) >= 2 and len(relations) >= 0.6 * len(pairs):
        return "hubungan", {code: relations.get(code, meaning) for code, meaning in pairs.items()}
    kinds = sum(map(is_disability, pairs.values()))
    if kinds < len(pairs) and are_categories(pairs):
        return "kategori", dict(pairs)
    return ("jenis_disabilitas", dict(pairs)) if kinds >= max(2, 0.5 * len(pairs)) else None


def is_disability(text: str) -> bool:
    """Whether a text speaks of a kind of disability."""
    return bool(_DISABILITY.search(text))


def are_categories(pairs: Mapping[str, str]) -> bool:
    """Whether codes mean categories."""
    return sum(known_category(meaning) for meaning in pairs.values()) >= max(2, 0.6 * len(pairs))


def legend_named(fields: Iterable[str], pairs: Mapping[str, str]) -> tuple[str, Codes] | None:
    """The one field that headings name and its codes, else what the meanings show; sexes have to be known words."""
    named = {name for name in fields if name in CODED}
    field = next(iter(named)) if len(named) == 1 else ""
    if len(pairs) < 2 or field in ("", "jenis_kelamin"):
        return legend_of(pairs)
    if field == "hubungan":
        return field, {code: relation_of(meaning) or meaning for code, meaning in pairs.items()}
    return field, dict(pairs)


def legends_in_cells(texts: Iterable[str]) -> dict[str, Codes]:
    """Legends spelt out in single cells, by field."""
    found: dict[str, Codes] = {}
    for text in texts:
        if "1" in text or "2" in text or "=" in text:
            legend = legend_of(pairs_in(text))
            if legend:
                found.setdefault(*legend)
    return found


def legends_in_rows(rows: Iterable[Iterable[str]]) -> dict[str, Codes]:
    """Legends of which each row spells out codes, each in a cell or several (`1`, `=`, `Fakir Miskin`); a letter may
    have a point behind it, too (`A. Fakir Miskin`)."""
    found: dict[str, Codes] = {}
    run: Codes = {}
    for cells in [*rows, ()]:
        text = " ".join(cells)
        line = _LETTER_LINE.fullmatch(text)
        pairs = pairs_in(text) or ({line[1]: line[2].strip()} if line else {})
        if pairs and not run.keys() & pairs.keys():
            run.update(pairs)
            continue
        if legend := legend_of(run):
            found.setdefault(*legend)
        run = pairs
    return found


def legends_in_columns(grid: Grid, columns: Iterable[int], rows: range) -> dict[str, Codes]:
    """Legends that stand as a small table: a code in one column, its meaning in the next."""
    found: dict[str, Codes] = {}
    for column in columns:
        if column + 1 >= grid.width:
            continue
        run: Codes = {}
        for row in [*rows, -1]:
            code = grid.texts[row][column].strip() if row >= 0 else ""
            meaning = grid.texts[row][column + 1].strip() if row >= 0 else ""
            if code.isdigit() and len(code) <= 2 and meaning and not meaning[0].isdigit() and code not in run:
                run[code] = meaning
                continue
            legend = legend_of(run)
            if legend:
                found.setdefault(*legend)
            run = {code: meaning} if code.isdigit() and len(code) <= 2 and meaning else {}
    return found


@cache
def relation_codes() -> Codes:
    """The relations to the head of a family by the numbers of the population office. Rests on `relation_codes.csv`."""
    return {row["code"]: row["meaning"] for row in rule_table(__file__, "relation_codes.csv")}


def names_official_relations(header: str) -> bool:
    """Whether a header names the population office's list of relations (SHDK), or says that its codes are 1 to 11.

    >>> [names_official_relations(h) for h in ("SHDK", "Hubungan Keluarga (1 s/d 11)", "Hubungan dengan KRT")]
    [True, True, False]
    """
    return bool(_OFFICIAL_RELATIONS.search(header))


@cache
def _profiles() -> dict[tuple[str, str], Codes]:
    """Codes of known exports by the header that marks the export and the header that holds the codes."""
    found: dict[tuple[str, str], Codes] = {}
    for row in rule_table(__file__, "code_profiles.csv"):
        found.setdefault((header_key(row["marker"]), header_key(row["header"])), {})[row["code"]] = row["meaning"]
    return found


def profile_codes(header: str, all_headers: Iterable[str]) -> Codes | None:
    """Codes that a known export's own column names imply; None where the export is not known."""
    keys = {header_key(text) for text in all_headers}
    key = header_key(header)
    return next((codes for (marker, named), codes in _profiles().items() if named == key and marker in keys), None)
