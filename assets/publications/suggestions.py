"""What a faulty cell should perhaps say, from the rest of its row. Proposed to the village, never applied."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from rapidfuzz import process
from rapidfuzz.fuzz import ratio

_CLOSE = 80.0
"""Below this likeness (0 to 100) a listed value is no better a guess than any other."""
SUGGESTED = ("nik", "no_kk", "tanggal_lahir", "jenis_kelamin", "hubungan", "kategori", "jenis_disabilitas",
             "status_hidup", "terlantar")  # fmt: skip
"""The fields for which there may be a proposal: numbers, births, and what is coded (`correction_choices.csv`)."""
RESTS_ON = ("nik", "tanggal_lahir")
"""The fields whose values a proposal may rest on, besides that of its own field."""


def suggest(field: str, values: Mapping[str, str], choices: Sequence[str]) -> str | None:
    """A proposal for `field` in Indonesian, or None where the row gives no ground for one.

    `values`: the row's cells as text, by field: its own and those of `RESTS_ON`. `choices`: the values that the field
    may have, if it is coded.
    Rests on the form of the NIK: kecamatan, day of birth (women: plus 40), month, year, serial.

    >>> suggest("nik", {"nik": "'161005 410785 9003"}, [])
    '1610054107859003'
    >>> suggest("tanggal_lahir", {"nik": "1610054107859003", "tanggal_lahir": "07/01/1985"}, [])
    'menurut NIK: 01-07-1985'
    >>> suggest("kategori", {"kategori": "Lansia Terlntar"}, ["Lansia Terlantar", "Anak Terlantar"])
    'Lansia Terlantar'
    """
    value = values.get(field, "").strip()
    if field in ("nik", "no_kk"):
        digits = re.sub(r"\D", "", value)
        return digits if len(digits) == 16 and digits != value else None
    if field == "tanggal_lahir":
        born = _born(values)
        return f"menurut NIK: {born:%d-%m-%Y}" if born else None
    if field == "jenis_kelamin":
        facts = _nik_facts(values.get("nik", ""))
        return f"menurut NIK: {'P' if facts[3] else 'L'}" if facts else None
    if choices and value:
        found = process.extractOne(value, choices, scorer=ratio, processor=str.casefold, score_cutoff=_CLOSE)
        return found[0] if found and found[0].casefold() != value.casefold() else None
    return None


def _nik_facts(nik: str) -> tuple[int, int, int, bool] | None:
    """Day, month and two-digit year of birth and whether it is a woman's, of 16 plain digits; else None."""
    nik = nik.strip()
    if not re.fullmatch(r"\d{16}", nik):
        return None
    day, month, year = int(nik[6:8]), int(nik[8:10]), int(nik[10:12])
    woman = day > 40
    day -= 40 if woman else 0
    return (day, month, year, woman) if 1 <= day <= 31 and 1 <= month <= 12 else None


def _born(values: Mapping[str, str]) -> date | None:
    """Birth date by the NIK; the century is the one that the row itself states, and without one there is no date."""
    facts = _nik_facts(values.get("nik", ""))
    stated = re.search(r"(?<!\d)(19|20)\d\d(?!\d)", values.get("tanggal_lahir", ""))
    if facts is None or stated is None:
        return None
    day, month, year, _ = facts
    try:
        return min(
            (date(century + year, month, day) for century in (1900, 2000)), key=lambda d: abs(d.year - int(stated[0]))
        )
    except ValueError:
        return None
