"""A pair as it is asked on a terminal: side by side, what differs marked; pairs about the same people together."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from assets.households.review.queue import texts
from assets.households.review.shown import categories, place, plain, village_name
from assets.households.review.workbook import COMPARED

SAME = "sama"
"""How a comparison says that two values are one, however they are written."""


class Line(NamedTuple):
    """One field of a pair: what it is called, what both records say, how they compare, and whether they differ."""

    field: str
    left: str
    right: str
    word: str
    differs: bool


def grouped(queue: pd.DataFrame) -> pd.DataFrame:
    """The same pairs, those about the same people after each other; each group where its first pair stood.

    In: as from `review_queue`, in its order.
    """
    group: dict[str, str] = {}

    def first_of(person: str) -> str:
        while group.setdefault(person, person) != person:
            person = group[person]
        return person

    ends = list(zip(queue["person_id_l"].astype(str), queue["person_id_r"].astype(str), strict=True))
    for one, other in ends:
        group[first_of(other)] = first_of(one)
    label = [first_of(one) for one, _ in ends]
    order = pd.Series(pd.factorize(pd.Series(label, dtype="str"))[0]).sort_values(kind="stable").index
    return queue.iloc[order].reset_index(drop=True)


def lines_of(left: pd.Series, right: pd.Series, evidence: pd.DataFrame) -> list[Line]:
    """What both records say, field by field, those that neither states left out.

    In: two records; `evidence` of the pair, as from `explain.evidence`.
    """
    words = dict(zip(evidence["comparison"], evidence["word"], strict=True))
    wording = texts()["fields"]
    out = []
    for field, comparisons in COMPARED.items():
        one, other, word = _said(left, field), _said(right, field), words[comparisons[0]]
        differs = bool(one and other and one != other and word != SAME and field != "daftar")
        if one or other:
            out.append(Line(wording[field], one, other, word, differs))
    codes = [categories(record["kode_pmks"]) for record in (left, right)]
    return [*out, Line(texts()["households"]["headers"]["categories"], codes[0], codes[1], "", False)]


def _said(record: pd.Series, field: str) -> str:
    if field == "alamat":
        return place(record)
    if field == "kode_desa":
        return village_name(str(record["kode_desa"]))
    if field == "daftar":
        return f"{plain(record['periode'])} · {plain(record['sheet'])} {plain(record['row'])}"
    return plain(record.get(field))
