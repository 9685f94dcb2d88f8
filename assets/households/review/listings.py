"""Which lists name two people, and which name their housemates without them: a household is listed as a whole, and a
list seldom names somebody twice. Who stands in lists beside somebody is another; who stands there in the other's place,
among the same housemates, is that other, written so that nobody knew him again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from validation.keys import is_one_of, looked_up

TERMS = ("together", "unnamed", "home", "home_together", "home_unnamed", "home_instead")
FEWER, MORE, HOUSEMATES = 1, 2, 4
"""Whom a list names: the one of both who stands in fewer lists, the other, somebody else of their households."""


def listings(asked: pd.DataFrame, records: pd.DataFrame, membership: pd.DataFrame) -> pd.DataFrame:
    """Say what lists say of whether two people, or both halves of a person, are one.

    In: `asked` (person_id_l, person_id_r, and `half`: the records of one half where both are one person); `records`
    (record_id, and what says of which list each is, where that is known); `membership`. Out: `TERMS`, one row a
    question, in order. home: both are of one household. together: a list names both. unnamed: log2 of one more than
    the lists that name housemates of theirs, but not the one of both who stands in fewer lists; instead: so of those
    that name him and not the other. Those of people of one household count apart from all others.
    """
    held = _held(asked, records, membership)
    lists, count = 1 + int(held["list"].max()) if len(held) else 1, len(asked)
    asked = asked[["person_id_l", "person_id_r", "half"]].assign(question=np.arange(count))
    inside = asked.loc[asked["half"].notna(), ["question", "half"]].explode("half").astype({"half": "str"})
    asked = asked.drop(columns="half")
    halved, sides = pd.MultiIndex.from_frame(inside), []
    for person, is_half in (("person_id_l", True), ("person_id_r", False)):
        side = asked.merge(held, left_on=person, right_on="person")
        within = pd.MultiIndex.from_frame(side[["question", "record"]]).isin(halved) == is_half
        sides.append(side[within | (side["person_id_l"] != side["person_id_r"])])
    homes = pd.concat([side[["question", "home"]] for side in sides]).drop_duplicates()
    others = homes.merge(held, on="home").merge(asked, on="question")
    others = others[(others["person"] != others["person_id_l"]) & (others["person"] != others["person_id_r"])]
    of_question, names = _named(lists, [*sides, others])

    def lists_of(chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        return np.bincount(of_question[chosen], minlength=count)

    swap = (lists_of(names & FEWER > 0) > lists_of(names & MORE > 0))[of_question]
    names = np.where(swap, names & HOUSEMATES | (names & FEWER) * 2 | (names & MORE) // 2, names)
    home = homes.groupby("question")["home"].size().reindex(range(count), fill_value=0).to_numpy() == 1
    together = lists_of(names & (FEWER | MORE) == FEWER | MORE) > 0
    unnamed = np.log2(1 + lists_of((names & HOUSEMATES > 0) & (names & FEWER == 0)))
    instead = np.log2(1 + lists_of(names == FEWER | HOUSEMATES))
    terms = (~home * together, ~home * unnamed, home, home * together, home * unnamed, home * instead)
    return pd.DataFrame(dict(zip(TERMS, terms, strict=True)), index=asked.index).astype(float)


def _held(asked: pd.DataFrame, records: pd.DataFrame, membership: pd.DataFrame) -> pd.DataFrame:
    """Return person, home, record and list of each record of the households of those who are asked about, as far as
    it says of which list it is."""
    from assets.households.linkage.prepare.records import list_numbers

    ids = membership["record_id"]
    people = pd.concat([asked["person_id_l"], asked["person_id_r"]])
    homes = membership.loc[is_one_of(membership["person_id"], people), "household_id"]
    concerned = membership[is_one_of(membership["household_id"], homes)]
    rows = records[is_one_of(records["record_id"], concerned["record_id"])]
    held = pd.DataFrame({
        "person": looked_up(rows["record_id"], ids, membership["person_id"]),
        "home": looked_up(rows["record_id"], ids, membership["household_id"]),
        "record": rows["record_id"],
        "list": list_numbers(rows)[0].astype(np.int64),
    })  # fmt: skip
    return held[held["list"] >= 0]


def _named(lists: int, sides: Sequence[pd.DataFrame]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return for each question and list that names somebody of it the question, and whom it names: FEWER, MORE and
    HOUSEMATES added up. `sides`: where these stand, by question and list."""
    of_each = [side["question"].to_numpy() * lists + side["list"].to_numpy() for side in sides]
    found, at = np.unique(np.concatenate(of_each), return_inverse=True)
    names = np.zeros(len(found), np.int64)
    np.bitwise_or.at(names, at, np.repeat([FEWER, MORE, HOUSEMATES], list(map(len, of_each))))
    return found // lists, names
