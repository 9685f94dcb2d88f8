"""The categories of each row: all that its cells, ticks, sheet and file name, less those that the row contradicts."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import pandas as pd

from assets.records.cells import Cells, Findings, Mask, Texts, array, by_value
from validation.categories import CategoryMatch, PmksType, map_text, pmks_types
from validation.vocabulary import disability_of

TOLERANCE_YEARS = 1
_NOT_NEGLECTED = re.compile(
    r"\b(?:tidak|tdk|non|bukan)\s*-?\s*(?:terlantar|telantar)\b|^\s*(?:tidak|tdk|t|n|no|false)\s*$", re.IGNORECASE
)
_NEGLECTED = re.compile(r"\b(?:terlantar|telantar)\b|^\s*(?:ya|y|true)\s*$", re.IGNORECASE)
_NEGLECTED_IN_WORDS = re.compile(r"\b(?:terlantar|telantar)\b", re.IGNORECASE)


class RowCategories(NamedTuple):
    """`codes`: what is left, sorted, one list a row; `stated`: whether anything mapped; `told`: any text."""

    codes: list[list[str]]
    stated: Mask
    told: Mask
    disability: Texts
    terlantar: Texts


def categorise(
    cells: Cells, ages: list[list[tuple[int, ...]]], sexes: list[set[str]], found: Findings
) -> RowCategories:
    """Map every source of categories, drop what the row contradicts, and read disability kind and neglect.

    `ages`, `sexes`: by row, what each source states. A code is contradicted when at least one source speaks and every
    one that does is more than `TOLERANCE_YEARS` outside its window, or of the other sex.
    """
    own = by_value(map_text, cells.text("kategori"), _schemes(cells))
    ticked = _lists(cells, "kategori_tanda")
    whole = _lists(cells, "kategori_berkas")
    matches = [[o, *t, *w] for o, t, w in zip(own, ticked, whole, strict=True)]
    named = [sorted({code for m in ms for code in m.codes}) for ms in matches]
    kept, dropped = _uncontradicted(named, ages, sexes)
    _note(found, own, named, dropped)
    told = np.array([any(m.codes or m.unmapped for m in ms) for ms in matches], dtype=bool)
    return RowCategories(
        kept,
        np.array([bool(n) for n in named], dtype=bool),
        told,
        _disabilities(cells, matches, found),
        _neglect(cells, matches),
    )


def _schemes(cells: Cells) -> Texts:
    declared = cells.frame["skema_kode"].astype("object")
    return declared.where(declared.notna(), None).to_numpy(dtype="object")


def _lists(cells: Cells, column: str) -> list[list[CategoryMatch]]:
    out = []
    for texts, scheme in zip(cells.frame[column], _schemes(cells), strict=True):
        texts = texts if isinstance(texts, (list, tuple, np.ndarray)) else []
        out.append([_code_or_text(text, scheme) for text in texts])
    return out


def _code_or_text(text: str, scheme: str | None) -> CategoryMatch:
    if text in pmks_types():
        return CategoryMatch((text,), None, None, (), "code")
    return map_text(text, scheme)


def _uncontradicted(
    named: list[list[str]], ages: list[list[tuple[int, ...]]], sexes: list[set[str]]
) -> tuple[list[list[str]], list[list[str]]]:
    kept, dropped = [], []
    for codes, age, sex in zip(named, ages, sexes, strict=True):
        against = [code for code in codes if _contradicts(pmks_types()[code], age, sex)]
        dropped.append(against)
        kept.append([code for code in codes if code not in against])
    return kept, dropped


def _contradicts(kind: PmksType, ages: list[tuple[int, ...]], sexes: set[str]) -> bool:
    if kind.jenis_kelamin and sexes and kind.jenis_kelamin not in sexes:
        return True
    least = (kind.umur_min or 0) - TOLERANCE_YEARS
    most = (kind.umur_maks if kind.umur_maks is not None else 999) + TOLERANCE_YEARS
    return bool(ages) and not any(least <= year <= most for source in ages for year in source)


def _note(found: Findings, own: list[CategoryMatch], named: list[list[str]], dropped: list[list[str]]) -> None:
    fuzzy = np.array([m.how == "fuzzy" and bool(m.codes) for m in own], dtype=bool)
    found.add("category_fuzzy", fuzzy, "kategori", kode=array([", ".join(m.codes) for m in own]))
    partly = np.array([bool(m.unmapped) and bool(n) for m, n in zip(own, named, strict=True)], dtype=bool)
    found.add("category_part_unknown", partly, "kategori")
    some = np.array([bool(d) for d in dropped], dtype=bool)
    found.add("category_contradicted", some, "kategori", kode=array([", ".join(d) for d in dropped]))


def _disabilities(cells: Cells, matches: list[list[CategoryMatch]], found: Findings) -> Texts:
    texts = cells.text("jenis_disabilitas")
    own = by_value(_disability, texts)
    found.add("disability_unknown", np.array([kind == "" for kind in own], dtype=bool), "jenis_disabilitas")
    worded = [next((m.disability for m in ms if m.disability), None) for ms in matches]
    return array([kind or word for kind, word in zip(own, worded, strict=True)])


def _disability(text: str) -> str | None:
    """The kind; '' for a word that is not known, None where nothing is said."""
    plain = text.strip()
    if not plain or not any(c.isalpha() for c in plain) or plain.lower() in {"tidak", "tidak ada", "tidak cacat", "x"}:
        return None
    return disability_of(plain) or disability_of(plain.split("(")[0]) or ""


def _neglect(cells: Cells, matches: list[list[CategoryMatch]]) -> Texts:
    own = by_value(_own_neglect, cells.text("terlantar"))
    said = by_value(_said_neglect, cells.text("keterangan"))
    written = by_value(_said_neglect, cells.text("jenis_disabilitas"))
    worded = [next((m.terlantar for m in ms if m.terlantar is not None), None) for ms in matches]
    picked = [
        next((value for value in values if value is not None), None)
        for values in zip(own, said, written, worded, strict=True)
    ]
    return array(picked)


def _own_neglect(text: str) -> bool | None:
    if _NOT_NEGLECTED.search(text):
        return False
    return True if _NEGLECTED.search(text) else None


def _said_neglect(text: str) -> bool | None:
    if not _NEGLECTED_IN_WORDS.search(text):
        return None
    return not _NOT_NEGLECTED.search(text)


def as_boolean(values: Texts) -> pd.Series:
    """True, False and None as a nullable boolean column."""
    return pd.Series(values, dtype="boolean")
