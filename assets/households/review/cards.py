"""A pair as it is asked: side by side, what differs marked; pairs about the same people or names together."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from assets.households.review.queue import texts
from assets.households.review.shown import categories, place, plain, village_name

COMPARED = {
    "nama": ["nama"],
    "nik": ["nik"],
    "no_kk": ["kk", "rumah"],
    "jenis_kelamin": ["jenis_kelamin"],
    "tempat_lahir": ["tempat_lahir"],
    "tanggal_lahir": ["lahir"],
    "umur": ["umur"],
    "hubungan": ["hubungan"],
    "kepala_keluarga": ["kepala"],
    "alamat": ["tempat"],
    "kode_desa": ["desa"],
    "nama_ibu": ["ibu"],
    "nama_ayah": ["ayah"],
    "daftar": ["daftar"],
}
"""Under which field each comparison is shown; the weight of the dwelling (KK, head, place) stands under the KK."""
SAME = "sama"
"""How a comparison says that two values are one, however they are written."""


class Line(NamedTuple):
    """One field of a pair: what it is called, what both records say, how they compare, whether they differ, and what
    that weighs (bits, null where it weighs nothing by itself), for a KK together with the whole dwelling."""

    field: str
    left: str
    right: str
    word: str
    differs: bool
    weight: float = float("nan")
    whole_dwelling: bool = False


def grouped(queue: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """The same pairs, those about the same people or the same two names after each other; each group where its first
    pair stood.

    In: `queue` as from `review_queue`, in its order; `names` by record id. Out: the same columns and `group`, from 0.
    """
    group: dict[object, object] = {}

    def first_of(node: object) -> object:
        while group.setdefault(node, node) != node:
            node = group[node]
        return node

    ends = zip(queue["person_id_l"], queue["person_id_r"], strict=True)
    called = zip(*(names.reindex(queue[f"record_id_{side}"]).fillna("") for side in "lr"), strict=True)
    first = []
    for (one, other), both in zip(ends, called, strict=True):
        for node in (other, frozenset(both)) if all(both) else (other,):
            group[first_of(node)] = first_of(one)
        first.append(one)
    numbers = pd.factorize(pd.Series([first_of(one) for one in first], dtype="object"))[0]
    return queue.assign(group=numbers).sort_values("group", kind="stable", ignore_index=True)


def fields_of(left: pd.Series, right: pd.Series, evidence: pd.DataFrame) -> list[Line]:
    """What both records say, field by field, those that neither states left out.

    In: two records; `evidence` of the pair, as from `explain.evidence`.
    """
    words, weights = (dict(zip(evidence["comparison"], evidence[c], strict=True)) for c in ("word", "weight"))
    wording = texts()["fields"]
    out = []
    for field, comparisons in COMPARED.items():
        one, other, word = _said(left, field), _said(right, field), words[comparisons[0]]
        differs = bool(one and other and one != other and word != SAME and field != "daftar")
        if one or other:
            weight = float(weights[comparisons[-1]])
            out.append(Line(wording[field], one, other, word, differs, weight, comparisons[-1] == "rumah"))
    codes = [categories(record["kode_pmks"]) for record in (left, right)]
    return [*out, Line(wording["kode_pmks"], codes[0], codes[1], "", False)]


def _said(record: pd.Series, field: str) -> str:
    if field == "alamat":
        return place(record)
    if field == "kode_desa":
        return village_name(str(record["kode_desa"]))
    if field == "daftar":
        return f"{plain(record['periode'])} · {plain(record['sheet'])} {plain(record['row'])}"
    return plain(record.get(field))
