"""The categories of each row: all that its cells, ticks, sheet and file name, less those that the row contradicts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assets.records.births import Births
from assets.records.cells import Cells, Coded, Findings, Mask, Numbers, by_value, coded, of_numbers
from validation.categories import CategoryMatch, kind_of_all, map_cell, map_text, of_group, pmks_types
from validation.category_cells import category_cell
from validation.vocabulary import disability_of, is_placeholder

TOLERANCE_YEARS = 1
_NOT = r"(?:tidak|tdk|non|bukan)\s*-?\s*"
_NEGLECT = re.compile(rf"\b({_NOT})?(?:terlantar|telantar)\b", re.IGNORECASE)
_YES = re.compile(r"^\s*(?:ya|y|iya|true|v|√|✓)\s*$", re.IGNORECASE)
_NO = re.compile(r"^\s*(?:tidak|tdk|t|n|no|false|bukan|non)\s*$", re.IGNORECASE)
_NO_DISABILITY = {"tidak", "tidak ada", "tidak cacat", "bukan", "normal", "sehat", "x"}
_OLDEST = 999


class RowCategories(NamedTuple):
    """`codes`: what is left, sorted, one list a row; `stated`: whether any mapped; `filled`: whether there is text that
    names one; `against`, `gone`: what the cell says besides (`category_cells.py`)."""

    codes: Coded[list[str]]
    stated: Mask
    filled: Mask
    against: Coded[str]
    gone: Coded[str]
    disability: Coded[str | None]
    terlantar: Coded[bool | None]


class Sexes(NamedTuple):
    """What is said of a row's sex: by the row and by its NIK (`L`, `P` or None); `trusted` as for births."""

    stated: Coded[str | None]
    by_nik: Coded[str | None]
    trusted: Mask


class _Named(NamedTuple):
    """What the sources of a row name together; `unknown`: whether its cells or ticks name what is not known, too."""

    codes: tuple[str, ...]
    filled: bool
    unknown: bool
    disability: str | None
    terlantar: bool | None


def categorise(cells: Cells, born: Births, sexes: Sexes, found: Findings) -> RowCategories:
    """Map every source of categories, drop what the row contradicts, and read disability kind and neglect.

    A code is contradicted when at least one source of age or sex speaks, and every one that does is more than
    `TOLERANCE_YEARS` outside its window, or of the other sex. A NIK that may not be the person's own never speaks
    against a category.
    """
    schemes = coded(cells.table["skema_kode"])
    written = cells.text("kategori").map(category_cell)
    own = by_value(lambda cell, scheme: map_cell(cell.named, scheme or None), written, schemes)
    whole = [_lists(cells, name) for name in ("kategori_tanda", "kategori_berkas")]
    named = by_value(_together, own, *whole, schemes)
    dropped, near, unknown = _against(named, born, sexes)
    kept = _without(named, dropped)
    _note(found, own, named, np.where(kept.mask(bool), dropped, 0))
    found.add("age_at_the_limit", near, "kategori")
    found.add("age_unknown", unknown, "tanggal_lahir")
    disability = _disabilities(cells, named, found)
    neglect = _neglect(cells, named)
    disabled = kept.mask(lambda codes: not of_group("disabilitas").isdisjoint(codes))
    found.add("disability_kind_missing", disabled & disability.mask(lambda kind: kind is None), "jenis_disabilitas")
    found.add("neglect_not_stated", disabled & neglect.mask(lambda said: said is None), "terlantar")
    stated, filled = named.mask(lambda n: n.codes), named.mask(lambda n: n.filled)
    against, gone = (written.map(attrgetter(name)) for name in ("against", "gone"))
    return RowCategories(kept, stated, filled, against, gone, disability, neglect)


def _lists(cells: Cells, column: str) -> Coded[tuple[str, ...]]:
    held = cells.table[column].combine_chunks()
    filled = np.flatnonzero(pc.fill_null(pc.list_value_length(held), 0).to_numpy(zero_copy_only=False))
    code_of: dict[tuple[str, ...], int] = {(): 0}
    codes = np.zeros(len(held), dtype=np.int32)
    lists = held.take(pa.array(filled)).to_pylist()
    codes[filled] = [code_of.setdefault(tuple(texts), len(code_of)) for texts in lists]
    return Coded(list(code_of), codes)


def _together(own: CategoryMatch, ticked: tuple[str, ...], whole: tuple[str, ...], scheme: str) -> _Named:
    marked = [_code_or_text(text, scheme or None) for text in ticked]
    matches = [own, *marked, *(_code_or_text(text, scheme or None) for text in whole)]
    return _Named(
        tuple(sorted({code for match in matches for code in match.codes})),
        any(match.codes or match.unmapped for match in matches),
        any(match.unmapped for match in (own, *marked)),
        kind_of_all(match.disability for match in (own, *marked)) or kind_of_all(match.disability for match in matches),
        next((match.terlantar for match in matches if match.terlantar is not None), None),
    )


def _code_or_text(text: str, scheme: str | None) -> CategoryMatch:
    if text in pmks_types():
        return CategoryMatch((text,), None, None, (), "code")
    return map_text(text, scheme)


def _limited() -> list[str]:
    """The categories that have a window of ages or a sex, each a bit of what `_against` gives."""
    kinds = pmks_types().values()
    return [
        kind.kode for kind in kinds if kind.jenis_kelamin or kind.umur_min is not None or kind.umur_maks is not None
    ]


def _against(named: Coded[_Named], born: Births, sexes: Sexes) -> tuple[Numbers, Mask, Mask]:
    """By row: the contradicted categories as bits; whether an age is just outside a window; whether one is unknown."""
    dropped = np.zeros(len(named.codes), dtype=np.int64)
    near, unknown = np.zeros(len(named.codes), dtype=bool), np.zeros(len(named.codes), dtype=bool)
    for bit, code in enumerate(_limited()):
        kind = pmks_types()[code]
        rows = np.flatnonzero(named.mask(partial(_names, code)))
        if not len(rows):
            continue
        least, most = kind.umur_min or 0, _OLDEST if kind.umur_maks is None else kind.umur_maks
        ages = [born.by_date[rows], born.age[rows], *(ages[rows] for ages in born.by_nik), born.by_year[rows]]
        spoken = (ages[0] >= 0) | (ages[1] >= 0) | (((ages[2] >= 0) | (ages[3] >= 0)) & born.trusted[rows])
        within = _any_between(ages, least, most)
        tolerated = within | _any_between(ages, least - TOLERANCE_YEARS, most + TOLERANCE_YEARS)
        against = spoken & ~tolerated
        if kind.jenis_kelamin:
            against |= _of_the_other_sex(sexes, kind.jenis_kelamin, rows)
        dropped[rows] |= against.astype(np.int64) << bit
        near[rows] |= spoken & tolerated & ~within & ~against
        if kind.umur_min or kind.umur_maks is not None:
            unknown[rows] |= ~spoken & ~within & ~against
    return dropped, near, unknown


def _names(code: str, named: _Named) -> bool:
    return code in named.codes


def _any_between(ages: Iterable[Numbers], least: int, most: int) -> Mask:
    return np.asarray(np.logical_or.reduce([(age >= max(least, 0)) & (age <= most) for age in ages]))


def _of_the_other_sex(sexes: Sexes, right: str, rows: Numbers) -> Mask:
    stated, by_nik = (column.mask(lambda s: s is not None)[rows] for column in sexes[:2])
    fits = sexes.stated.mask(lambda s: s == right)[rows] | sexes.by_nik.mask(lambda s: s == right)[rows]
    return np.asarray((stated | (by_nik & sexes.trusted[rows])) & ~fits)


def _without(named: Coded[_Named], dropped: Numbers) -> Coded[list[str]]:
    """The codes that are left; rows that share a list share the list itself."""
    limited = _limited()

    def left(of: _Named, bits: int) -> tuple[str, ...]:
        return tuple(c for c in of.codes if not (c in limited and bits >> limited.index(c) & 1))

    kept = by_value(left, named, of_numbers(dropped)).merged()
    return Coded([list(codes) for codes in kept.values], kept.codes)


def _note(found: Findings, own: Coded[CategoryMatch], named: Coded[_Named], dropped: Numbers) -> None:
    fuzzy = own.mask(lambda m: m.how == "fuzzy" and m.codes)
    found.add("category_fuzzy", fuzzy, "kategori", kode=own.map(lambda m: ", ".join(m.codes)))
    found.add("category_part_unknown", named.mask(lambda n: n.unknown and n.codes), "kategori")
    limited = _limited()
    gone = of_numbers(dropped).map(lambda bits: ", ".join(c for bit, c in enumerate(limited) if bits >> bit & 1))
    found.add("category_contradicted", dropped > 0, "kategori", kode=gone)


def _disabilities(cells: Cells, named: Coded[_Named], found: Findings) -> Coded[str | None]:
    own = cells.text("jenis_disabilitas").map(_disability)
    found.add("disability_unknown", own.mask(lambda kind: kind == ""), "jenis_disabilitas")
    return by_value(lambda kind, of: kind or of.disability, own, named)


def _disability(text: str) -> str | None:
    """The kind; '' for a word that is not known, None where nothing is said."""
    plain = text.strip()
    if not any(c.isalpha() for c in plain) or plain.lower() in _NO_DISABILITY or is_placeholder(plain):
        return None
    bare = _NEGLECT.sub(" ", plain).strip()
    return disability_of(plain) or disability_of(bare) or disability_of(plain.split("(")[0]) or ("" if bare else None)


def _neglect(cells: Cells, named: Coded[_Named]) -> Coded[bool | None]:
    own = cells.text("terlantar").map(_own_neglect)
    said, written = (cells.text(field).map(_said_neglect) for field in ("keterangan", "jenis_disabilitas"))
    return by_value(
        lambda *answers: next((value for value in (*answers[:3], answers[3].terlantar) if value is not None), None),
        *(own, said, written, named),
    )


def _own_neglect(text: str) -> bool | None:
    if _YES.match(text) or _NO.match(text):
        return bool(_YES.match(text))
    return _said_neglect(text)


def _said_neglect(text: str) -> bool | None:
    found = _NEGLECT.search(text)
    return found and not found[1]
