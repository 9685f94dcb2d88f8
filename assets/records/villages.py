"""The village of each row: that of its file or sheet, else the one that the row's own columns name."""

from __future__ import annotations

from typing import NamedTuple

from assets.records.cells import Cells, Coded, Findings, Mask, by_value, coded
from validation import regions


class Villages(NamedTuple):
    """The dotted code of each row's village, or None; `disputed`: rows whose code and name are of two villages."""

    codes: Coded[str | None]
    disputed: Mask


def villages(cells: Cells, found: Findings) -> Villages:
    """The village of each row. What a row says otherwise than its file is noted, and the file wins.

    Where a row alone says its village, its code and the name beside it (or in the heading over it) have to be of one:
    a code is dragged down a column and a name copied as easily, and neither is known to be right.
    """
    of_file = coded(cells.table["kode_desa"])
    fields = ("kode_desa_baris", "desa", "kecamatan", "kabupaten", "provinsi")
    own = by_value(_named, *(cells.text(field) for field in fields))
    differs = by_value(_differs, of_file, cells.text("kode_desa_baris"), cells.text("desa"))
    found.add("village_of_row_differs", differs.mask(bool), "desa")
    codes = by_value(lambda strong, weak: strong or weak[0], of_file, own)
    return Villages(codes, codes.mask(lambda code: code is None) & own.mask(lambda of: of[1]))


def _named(code: str, desa: str, kecamatan: str, kabupaten: str, provinsi: str) -> tuple[str | None, bool]:
    """The village that a row says, and whether it says two."""
    known = regions.village_code_in(code) if code else None
    if not desa.strip():
        return known, False
    within = (kecamatan or None, kabupaten or None, provinsi or None)
    if known:
        disputed = regions.names_another(known, desa, *within)
        return None if disputed else known, disputed
    fitting = regions.find(desa, *within)
    return fitting[0] if len(fitting) == 1 else None, False


def _differs(settled: str, code: str, desa: str) -> bool:
    if not settled:
        return False
    own = regions.village_code_in(code) if code else None
    if own:
        return own != settled
    official = regions.village(settled)
    return bool(official and any(c.isalpha() for c in desa) and not regions.same_name(official.name, desa))
