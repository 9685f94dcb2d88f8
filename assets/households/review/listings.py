"""Which lists name two people, and which name their housemates without them: a household is listed as a whole, and a
list seldom names somebody twice. Who stands in lists beside somebody is another; who stands there in the other's place,
among the same housemates, is that other, written so that nobody knew him again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from validation.keys import is_one_of, looked_up, positions

TERMS = ("together", "unnamed", "home", "home_together", "home_unnamed", "home_instead")
_PEOPLE = ["person_id_l", "person_id_r"]
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
    index, (asked, held) = asked.index, numbered(asked, held)
    sides = sides_of(asked, held)
    homes = pd.concat([side[["question", "home"]] for side in sides]).drop_duplicates()
    others = homes.merge(held[["home", "person", "list"]], on="home")
    others = others[(asked[_PEOPLE].to_numpy()[others["question"]] != others[["person"]].to_numpy()).all(axis=1)]
    of_question, names = _named(lists, [*sides, others])

    def lists_of(chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        return np.bincount(of_question[chosen], minlength=count)

    swap = (lists_of(names & FEWER > 0) > lists_of(names & MORE > 0))[of_question]
    names = np.where(swap, names & HOUSEMATES | (names & FEWER) * 2 | (names & MORE) // 2, names)
    home = np.bincount(homes["question"], minlength=count) == 1
    together = lists_of(names & (FEWER | MORE) == FEWER | MORE) > 0
    unnamed = np.log2(1 + lists_of((names & HOUSEMATES > 0) & (names & FEWER == 0)))
    instead = np.log2(1 + lists_of(names == FEWER | HOUSEMATES))
    terms = (~home * together, ~home * unnamed, home, home * together, home * unnamed, home * instead)
    return pd.DataFrame(dict(zip(TERMS, terms, strict=True)), index=index).astype(float)


def numbered(asked: pd.DataFrame, held: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both with numbers in place of the ids of people, -1 for those of whom nothing is held."""
    numbers, people = pd.factorize(held["person"])
    ends = {end: positions(asked[end], people) for end in _PEOPLE}
    return asked[["half"]].assign(**ends).reset_index(drop=True), held.assign(person=numbers)


def sides_of(asked: pd.DataFrame, held: pd.DataFrame) -> list[pd.DataFrame]:
    """Return for either side of the questions what is held of its records, with the number of the `question`.

    In: `numbered`; `asked` as in `listings`; `held` (person, record, and what else is wanted).
    """
    question, is_one = np.arange(len(asked)), (asked["person_id_l"] == asked["person_id_r"]).to_numpy()
    inside = asked[["half"]].assign(question=question).dropna(subset="half").explode("half").astype({"half": "str"})
    halved, sides = pd.MultiIndex.from_frame(inside[["question", "half"]]), []
    wanted = held.drop(columns="record").assign(row=np.arange(len(held)))
    for end, is_half in zip(_PEOPLE, (True, False), strict=True):
        side = pd.DataFrame({"question": question, "person": asked[end]}).merge(wanted, on="person")
        chosen = ~is_one[side["question"]]
        parted = np.flatnonzero(~chosen)  # few: a record is looked up only where a person is two sides
        records = held["record"].take(side["row"].to_numpy()[parted])
        within = pd.MultiIndex.from_arrays([side["question"].to_numpy()[parted], records]).isin(halved)
        chosen[parted] = within == is_half
        sides.append(side[chosen].drop(columns="row"))
    return sides


def _held(asked: pd.DataFrame, records: pd.DataFrame, membership: pd.DataFrame) -> pd.DataFrame:
    """Return person, home (as a number), record and list of each record of the households of those who are asked about,
    as far as it says of which list it is."""
    from assets.households.linkage.prepare.records import list_numbers

    ids, known = records["record_id"], membership["record_id"]
    person, home = (looked_up(ids, known, membership[name]) for name in ("person_id", "household_id"))
    homes = home[is_one_of(person, pd.concat([asked[end] for end in _PEOPLE]))]
    concerned = is_one_of(home, homes)
    rows = records[concerned]
    held = pd.DataFrame({
        "person": person[concerned],
        "home": pd.factorize(home[concerned])[0],
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
