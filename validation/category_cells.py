"""What a cell for categories says besides: that one of them is denied, or the person is no PMKS, or died.

Danger: a category is read out of the cell that denies it (`Lansia terlantar, bukan PMKS`), or the whole cell is unknown
though anybody can read it (`bukan cacat tapi lansia`). Remedy: what denies is taken out, and the rest is mapped alone.
It speaks against the person where it says that they are not, or no longer, to be helped, or denies the very category
that is left, or leaves none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from validation.categories import CategoryMatch, map_cell
from validation.vocabulary import any_refusal_of

_BUT = r"\b(?:tapi|tetapi|namun|melainkan|dan|serta|yang|yg)\b"
_MARK = re.compile(rf"(?:[^\w\s'.-]|\s-+(?=\s)|{_BUT})+", re.IGNORECASE)
_WORD = re.compile(r"\b[^\W\d_]")
_NOT = re.compile(
    r"(?:bukan|bkn|non|tidak|tdk|tak)(?:\s+(?:lagi|termasuk|tergolong|masuk|kategori))*[\s-]+", re.IGNORECASE
)
_GONE = re.compile(r"(?:(?:sudah|sdh|telah)\s+)?(?:meninggal|wafat|alm|almh|almarhum|almarhumah|mati|pindah)\b", re.I)
_AIDED = re.compile(
    r"(?:bukan|bkn|non|belum|blm|tidak|tdk|tanpa)[\s-]+(?:\w+\s+){0,2}?"
    r"(?:pkh|bpnt|blt|bst|dtks|dtsen|kis|kks|pbi|bpjs|jkn|bansos|bantuan)\b",
    re.IGNORECASE,
)
"""What says nothing of categories: that somebody has no aid."""
_EDGES = re.compile(rf"^(?:[\s,;:/)-]|{_BUT})+|(?:[\s,;:/(-]|{_BUT}|\b(?:sudah|sdh|telah)\b)+$", re.IGNORECASE)
_NO_PMKS = "BUKAN PMKS"
"""What is said of people whose only category is denied."""


class CategoryCell(NamedTuple):
    """`named`: the text that names categories; `against`: the words, in capitals, by which the person is no PMKS or not
    to be helped; `gone`: those that begin with a death or a move, whosever it is."""

    named: str
    against: str = ""
    gone: str = ""


@lru_cache(maxsize=65536)
def category_cell(text: str) -> CategoryCell:
    """Part a cell for categories.

    >>> category_cell("Lansia, bukan PMKS")[:2], category_cell("bukan cacat tapi lansia")[:2]
    (('Lansia', 'BUKAN PMKS'), ('lansia', ''))
    >>> category_cell("PMKS: bukan")[:2], category_cell("rumah tidak layak huni")[:2], category_cell("FM (meninggal)")
    (('', 'BUKAN'), ('rumah tidak layak huni', ''), CategoryCell(named='FM', against='', gone='meninggal'))
    """
    rest, against, gone = text, "", ""
    denied: list[CategoryMatch] = []
    for start, end in reversed([*_parts(text)]):
        for word in _WORD.finditer(text, start, end):
            said = text[word.start() : end].strip()
            refused, category, left = any_refusal_of(said, of_status=True), _denied(said), _GONE.match(said)
            before = _EDGES.sub("", text[start : word.start()])
            if (refused or category or left or _AIDED.match(said)) and (not before or _is_known(before)):
                against, gone = refused or against, said if left else gone
                denied += [category] if category else []
                rest = f"{rest[: word.start()]}\0{rest[end:]}"
                break
    if rest == text:
        return CategoryCell(text)
    pieces = [_EDGES.sub("", piece) for piece in rest.split("\0")]
    named = "; ".join(piece for piece in pieces if any(map(str.isalnum, piece)))
    match = map_cell(named)
    if not match.codes and not any(map(str.isdigit, named)):
        return CategoryCell("", against or (_NO_PMKS if denied else ""), gone)
    against = against or (_NO_PMKS if any(_denies(of, match) for of in denied) else "")
    return CategoryCell(named, against, gone)


def _parts(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for mark in _MARK.finditer(text):
        yield start, mark.start()
        start = mark.end()
    yield start, len(text)


def _denied(said: str) -> CategoryMatch | None:
    """The categories that a text denies, all of it."""
    found = _NOT.match(said)
    match = map_cell(said[found.end() :]) if found else None
    return match if match and match.codes and not match.unmapped else None


def _is_known(text: str) -> bool:
    """Whether a text names categories, or may do so by a number."""
    match = map_cell(text)
    return text.isdigit() or (bool(match.codes) and not match.unmapped and match.how != "fuzzy")


def _denies(denied: CategoryMatch, match: CategoryMatch) -> bool:
    """Whether one of the categories that are left is denied, too, and not another kind of the same disability."""
    same = denied.disability in (None, match.disability)
    return same and not set(denied.codes).isdisjoint(match.codes)
