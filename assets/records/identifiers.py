"""NIK and KK of the rows: the digits as written, and why they are in doubt. Nothing is ever repaired.

A 16-digit number that Excel stored has lost its last digit, which then reads 0; about one honest serial in ten ends
in 0 too. So a numeric cell that ends in 0 is `numeric_doubt`, and `last_digit_lost` where nearly all of its column do.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.records.cells import Cells, Findings, Texts, array, by_value
from validation.nik import Facts, facts, kk_facts

NEARLY_ALL = 0.8
REASONS = {
    "wrong_length": "bukan 16 angka",
    "impossible_date": "tanggal, wilayah, atau nomor urut di dalamnya tidak mungkin",
    "last_digit_lost": "angka terakhir hilang karena disimpan Excel sebagai bilangan",
    "numeric_doubt": "disimpan sebagai bilangan, angka terakhir mungkin hilang",
    "swapped": "tampak tertukar dengan nomor lain pada baris ini",
    "same_as_other": "NIK sama dengan nomor KK",
}


class Identifiers(NamedTuple):
    """`nik`, `no_kk`: digits or None; statuses as in docs/architecture.md; `facts`: what each NIK says of its owner."""

    nik: Texts
    nik_status: Texts
    no_kk: Texts
    kk_status: Texts
    facts: list[Facts]


def identify(cells: Cells, found: Findings) -> Identifiers:
    """Judge the identity numbers of every row and note what is in doubt."""
    nik_text, kk_text = cells.text("nik"), cells.text("no_kk")
    said, kk_said = by_value(facts, nik_text), by_value(kk_facts, kk_text)
    nik, no_kk = array([f.digits for f in said]), array([f.digits for f in kk_said])
    nik_status = _with_numeric_doubt(cells, "nik", nik, array([f.status for f in said]))
    kk_status = _with_numeric_doubt(cells, "no_kk", no_kk, array([f.status for f in kk_said]))
    _with_each_other(nik, nik_status, no_kk, kk_status, by_value(facts, kk_text))
    for field, texts, digits in (("nik", nik_text, nik), ("no_kk", kk_text, no_kk)):
        cleaned = [bool(d) and d != t for t, d in zip(texts, digits, strict=True)]
        found.add("number_cleaned", np.array(cleaned, dtype=bool), field)
    _note(found, "nik", nik_status, "nik_missing", "nik_doubtful")
    _note(found, "no_kk", kk_status, "kk_missing", "kk_doubtful")
    return Identifiers(nik, nik_status, no_kk, kk_status, said)


def _with_numeric_doubt(cells: Cells, field: str, digits: Texts, status: Texts) -> Texts:
    lengths = np.array([len(d) if d else 0 for d in digits])
    numeric = (cells.kind(field) == b"n") & (lengths >= 16)
    ends_in_zero = numeric & np.array([bool(d) and d.endswith("0") for d in digits], dtype=bool)
    if not ends_in_zero.any():
        return status
    column = cells.frame[["submission_id", "sheet"]].assign(zero=ends_in_zero)[numeric]
    share = column.groupby(["submission_id", "sheet"])["zero"].transform("mean")
    lost = np.zeros(len(digits), dtype=bool)
    lost[column.index[(share >= NEARLY_ALL).to_numpy()]] = True
    out = status.copy()
    out[ends_in_zero & (status == "sound")] = "numeric_doubt"
    out[ends_in_zero & lost & np.isin(status.astype(str), ["sound", "impossible_date"])] = "last_digit_lost"
    return out


def _with_each_other(nik: Texts, nik_status: Texts, no_kk: Texts, kk_status: Texts, kk_as_nik: list[Facts]) -> None:
    same = np.array([bool(a) and a == b for a, b in zip(nik, no_kk, strict=True)], dtype=bool)
    nik_status[same & (nik_status == "sound")] = "same_as_other"
    kk_status[same] = "same_as_other"
    # The day inside a KK number is a date of issue and never above 40; a woman's NIK in its place gives itself away.
    womans = np.array([f.status == "sound" and f.sex == "P" for f in kk_as_nik], dtype=bool)
    swapped = womans & ~same & (kk_status == "impossible_date") & (nik_status == "sound")
    nik_status[swapped] = kk_status[swapped] = "swapped"


def _note(found: Findings, field: str, status: Texts, missing: str, doubtful: str) -> None:
    found.add(missing, np.isin(status.astype(str), ["missing", "placeholder"]), field)
    doubt: npt.NDArray[np.bool_] = np.isin(status.astype(str), list(REASONS))
    found.add(doubtful, doubt, field, alasan=array([REASONS.get(s, "") for s in status]))


def shared_within_a_list(cells: Cells, ids: Identifiers, names: Texts) -> npt.NDArray[np.bool_]:
    """Rows whose sound NIK stands in the same file with another name."""
    frame = cells.frame[["submission_id"]].assign(nik=ids.nik, name=names)[ids.nik_status == "sound"]
    people = frame.dropna(subset=["name"]).groupby(["submission_id", "nik"])["name"].nunique()
    shared = people[people > 1].index
    keys = pd.MultiIndex.from_arrays([cells.frame["submission_id"], pd.Series(ids.nik)])
    return np.asarray(keys.isin(shared))
