"""Captions: what a population office prints over the members of each family, below the header of the whole list.

`No. KK : … | Nama Kepala Keluarga : … | Alamat : …`, in one row with colons or without, or the labels in one row and
their values below them. Danger: taken for a header, every person after it is read by wrong columns; and a family number
that stands under NIK makes the caption a person. A caption names a family and nobody's own NIK, sex or birth.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assets.intake.sheets.grid import Grid
from assets.intake.sheets.headers import fields_named
from assets.intake.sheets.labels import FAMILY, LABELLED, labelled_values

_HEADS = frozenset({"no_kk", "kepala_keluarga"})
"""What makes a caption that of a family."""
_SIGNS = " .:=\xa0"
_LONGEST_LABEL = 40
_IN_ONE = re.compile(
    r"^(?:no(?:mor)?\.?\s*)?(?:kk|kartu\s+keluarga)\b[\s.:]*(?:no(?:mor)?\b)?[\s.:]*(?P<no_kk>\d[\d .\-]{14,22}\d)"
    r"(?:[\s,;(/\-]+(?:a\.?\s?n\b\.?|atas\s+nama|kepala\s+keluarga|kk|nama)[\s.:]*(?P<kepala_keluarga>[^\W\d][^\d():]{1,60}?))?"
    r"\s*\)?$",
    re.IGNORECASE,
)
"""A family's card, and its head, in one text without colons."""
_FAMILY_NUMBER = re.compile(r"^\D{0,2}(?:\d[ .\-]?){10,20}$")


def caption_values(texts: Sequence[str]) -> dict[str, str] | None:
    """The family values of a row that holds labels and their values and nothing else, by field; None for other rows.

    >>> caption_values(["No. KK", "1610050101150001", "", "Nama Kepala Keluarga", ":", "KARTO"])
    {'no_kk': '1610050101150001', 'kepala_keluarga': 'KARTO'}
    >>> caption_values(["KK No. 1610050101150001 a.n. KARTO"])
    {'no_kk': '1610050101150001', 'kepala_keluarga': 'KARTO'}
    >>> caption_values(["No. KK", "Nama Kepala Keluarga", "Alamat"]) is None
    True
    """
    if not begins_caption(_first(texts)):
        return None
    filled = [text.strip() for text in texts if text.strip()]
    if len(filled) == 1 and (family := _IN_ONE.match(filled[0])):
        return {field: value for field, value in family.groupdict().items() if value}
    found: dict[str, str] = {}
    marked, at = False, 0
    while at < len(filled):
        text = filled[at]
        name, colon, value = text.partition(":")
        fields = _label(name)
        if not (fields or colon):
            return None
        at += 1
        if value.strip():
            found.update(labelled_values([text]))
            marked = True
            continue
        if at < len(filled) and filled[at].startswith(":"):
            colon, value = ":", filled[at][1:].strip()
            at += 1
        if not value and at < len(filled) and not _label(filled[at]) and ":" not in filled[at]:
            value = filled[at]
            at += 1
        marked = marked or bool(colon)
        found.update(labelled_values([f"{name.strip(_SIGNS)} : {value}"]) if value else {})
    sure = marked or _FAMILY_NUMBER.match(found.get("no_kk", ""))
    return found if sure and found.keys() & _HEADS else None


def caption_above(grid: Grid, row: int) -> dict[str, str] | None:
    """The family values of a row of labels whose values stand in the row below, and of nothing else; None otherwise.

    A table of families has its next family below that; there the labels are a header.
    """
    if row + 1 >= len(grid.texts) or not begins_caption(_first(grid.texts[row])):
        return None
    labels = {c: fields for c, text in enumerate(grid.texts[row]) if text and (fields := _label(text))}
    if len(labels) < 2 or len(labels) != len(grid.types[row]) - grid.types[row].count("."):
        return None
    if not {name for fields in labels.values() for name in fields} & _HEADS:
        return None
    below = {c: text for c, text in enumerate(grid.texts[row + 1]) if text}
    after = {c for c, kind in enumerate(grid.types[row + 2]) if kind != "."} if row + 2 < len(grid.types) else set()
    if not below or not below.keys() <= labels.keys() or (after and after <= labels.keys()):
        return None
    found = labelled_values([f"{grid.texts[row][c].strip(_SIGNS)} : {text}" for c, text in below.items()])
    return found if found.keys() & _HEADS else None


def begins_caption(first: str) -> bool:
    """Whether the first text of a row is the label of a family value, as that of few rows is."""
    if first[:1].isdigit():
        return False
    return any(name in FAMILY for name in _label(first.partition(":")[0])) or _IN_ONE.match(first) is not None


def _first(texts: Sequence[str]) -> str:
    return next((text for text in texts if text), "")


def _label(text: str) -> tuple[str, ...]:
    """The fields of a label that captions may hold, or nothing."""
    if len(text) > _LONGEST_LABEL:
        return ()
    fields = fields_named(text.strip(_SIGNS)) or ()
    return fields if set(fields) <= LABELLED else ()
