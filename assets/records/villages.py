"""The village of each row: that of its file or sheet, else the one that the row's own columns name."""

from __future__ import annotations

import numpy as np

from assets.records.cells import Cells, Findings, Texts, array, by_value
from validation import regions


def villages(cells: Cells, found: Findings) -> Texts:
    """The dotted code of each row's village, or None; what the row says otherwise is noted, the stronger wins."""
    of_file = cells.frame["kode_desa"].astype("object")
    own = by_value(
        _named, *(cells.text(field) for field in ("kode_desa_baris", "desa", "kecamatan", "kabupaten", "provinsi"))
    )
    settled = of_file.where(of_file.notna(), None).to_numpy(dtype="object")
    differs = by_value(_differs, settled, cells.text("kode_desa_baris"), cells.text("desa"))
    found.add("village_of_row_differs", np.array(differs, dtype=bool), "desa")
    return array([strong or weak for strong, weak in zip(settled, own, strict=True)])


def _named(code: str, desa: str, kecamatan: str, kabupaten: str, provinsi: str) -> str | None:
    known = regions.village_code_in(code) if code else None
    if known or not desa.strip():
        return known
    fitting = regions.find(desa, kecamatan or None, kabupaten or None, provinsi or None)
    return fitting[0] if len(fitting) == 1 else None


def _differs(settled: str | None, code: str, desa: str) -> bool:
    if settled is None:
        return False
    own = regions.village_code_in(code) if code else None
    if own:
        return own != settled
    official = regions.village(settled)
    return bool(official and any(c.isalpha() for c in desa) and not regions.same_name(official.name, desa))
