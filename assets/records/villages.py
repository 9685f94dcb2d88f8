"""The village of each row: that of its file or sheet, else the one that the row's own columns name."""

from __future__ import annotations

from assets.records.cells import Cells, Coded, Findings, by_value, coded
from validation import regions


def villages(cells: Cells, found: Findings) -> Coded[str | None]:
    """The dotted code of each row's village, or None; what the row says otherwise is noted, the stronger wins."""
    of_file = coded(cells.table["kode_desa"])
    own = by_value(
        _named, *(cells.text(field) for field in ("kode_desa_baris", "desa", "kecamatan", "kabupaten", "provinsi"))
    )
    differs = by_value(_differs, of_file, cells.text("kode_desa_baris"), cells.text("desa"))
    found.add("village_of_row_differs", differs.mask(bool), "desa")
    return by_value(lambda strong, weak: strong or weak, of_file, own)


def _named(code: str, desa: str, kecamatan: str, kabupaten: str, provinsi: str) -> str | None:
    known = regions.village_code_in(code) if code else None
    if known or not desa.strip():
        return known
    fitting = regions.find(desa, kecamatan or None, kabupaten or None, provinsi or None)
    return fitting[0] if len(fitting) == 1 else None


def _differs(settled: str, code: str, desa: str) -> bool:
    if not settled:
        return False
    own = regions.village_code_in(code) if code else None
    if own:
        return own != settled
    official = regions.village(settled)
    return bool(official and any(c.isalpha() for c in desa) and not regions.same_name(official.name, desa))
