"""After some records changed, what is described and asked of all others is kept, and all is as if it were made anew."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from random import Random

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.households.identity.reach import Reach, Since, made_again
from assets.households.identity.survivorship import OF_RECORDS, best_values
from assets.households.review.queue import requeued, review_queue
from validation.spliced import differing
from warehouse.arrow import to_arrow, to_pandas

COST = 1.0
SAYS = {
    "nama": ("SITI", "BUDI", None),
    "nik": ("1610054101900003", None),
    "tanggal_lahir": ("1990-01-01", "2019-03-01", None),
    "hubungan": ("KEPALA KELUARGA", "ANAK", None),
    "status_hidup": ("hidup", "meninggal", None),
    "kode_desa": ("16.10.05.2036",),
    "periode": ("2023", "2024"),
    "submission_id": ("s1", "s2", "s3", "s4", "s5", "s6"),
    "kode_pmks": ("05", "16"),
}  # fmt: skip
KEYS = "abcdefgh"
Rows = dict[str, tuple[str | None, ...]]
Links = dict[tuple[str, str], tuple[float, str]]
World = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def world(rows: Rows, found: Links) -> World:
    """Records, whose they are, and the links between them."""
    said = [(name, *rows[name]) for name in sorted(rows)]
    frame = pd.DataFrame(said, columns=["record_id", "person_id", "household_id", *SAYS], dtype="str")
    missing = {name: pd.Series([None] * len(frame), dtype="str") for name in OF_RECORDS if name not in frame}
    lists = [[code] for code in frame["kode_pmks"]]
    born = pd.to_datetime(frame["tanggal_lahir"]).astype("datetime64[us]")
    records = frame.assign(**missing, sheet="1", tanggal_lahir=born, kode_pmks=lists)
    kept = [(*ends, w, 1 / (1 + 2.0**-w), by) for ends, (w, by) in sorted(found.items()) if set(ends) <= set(rows)]
    names = ["record_id_l", "record_id_r", "match_weight", "match_probability", "decided_by"]
    kinds = dict.fromkeys(["record_id_l", "record_id_r", "decided_by"], "str")
    links = pd.DataFrame(kept, columns=names).astype(kinds | dict.fromkeys(names[2:4], "float64"))
    return records, frame[["record_id", "person_id", "household_id"]], links


@dataclass(frozen=True)
class Change:
    """Rows and links before and now; `again`: the records that a match of what changed would match again."""

    first: Rows
    links: Links
    second: Rows
    found: Links
    again: set[str]


def change(chance: Random) -> Change:
    """Few records of a town change. It is thinly linked, so that most people are out of reach of the change."""
    ids = [f"{number:02d}" for number in range(chance.randint(20, 70))]
    people, homes = range(len(ids) * 2 // 3), [f"H{number}" for number in range(len(ids) // 4)]
    home = [chance.choice(homes) for _ in people]

    def row() -> tuple[str | None, ...]:
        person = chance.choice(people)
        of = home[person] if chance.random() < 0.95 else chance.choice(homes)
        return (f"P{person}", of, *map(chance.choice, SAYS.values()))

    def link() -> tuple[float, str]:
        return chance.choice([-7.0, -2.0, 1.0, 3.0, 5.0, 9.0]), chance.choice(["model", "model", "group_disagrees"])

    every = [*combinations(ids, 2)]
    first = {name: row() for name in ids}
    links = {ends: link() for ends in chance.sample(every, len(ids) // chance.choice([1, 3]))}
    second, found, changing = {**first}, {**links}, set(chance.sample(ids, chance.randint(0, 3)))
    for name in changing:
        what = chance.choice(["withdrawn", "another's", "new"])
        anew = row()
        second[name] = anew if what == "new" else (*anew[:2], *first[name][2:])
        if what == "withdrawn":
            del second[name]
    for ends in every:
        if changing.intersection(ends):
            if chance.random() < 0.2:
                found.pop(ends, None)
            if chance.random() < 0.02:
                found[ends] = link()
    found = {ends: said for ends, said in found.items() if set(ends) <= set(second)}
    again = {end for ends in {*links, *found} if links.get(ends) != found.get(ends) for end in ends}
    return Change(first, links, second, found, again)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_what_a_change_does_not_reach_is_as_it_would_be_made_anew(seed: int) -> None:
    chance = Random(seed)
    town = change(chance)
    first, links, second, found, again = town.first, town.links, town.second, town.found, town.again
    answers = [(*ends, "not_sure") for ends in chance.sample([*combinations(sorted(first), 2)], 2)]
    said = pd.DataFrame(answers, dtype="str", columns=["record_id_l", "record_id_r", "decision"])
    records, members, now = world(second, found)
    before_records, before_members, before_links = world(first, links)
    at = {name: row for row, name in enumerate(members["record_id"])}
    is_new = [name not in first or first[name][2:] != second[name][2:] for name in members["record_id"]]
    ends = np.array([[at[end] for end in now[f"record_id_{side}"]] for side in "lr"], np.int64)
    since = Since(np.array(is_new, bool), members["record_id"].isin(again).to_numpy(), ends)
    whose = [to_arrow("membership", table) for table in (before_members, members)]
    numbers = (pd.factorize(members[name])[0] for name in ("person_id", "household_id"))
    reach = Reach.of(since, differing(*whose, "record_id"), members, *numbers)

    values = reach.of_values()
    rows = np.flatnonzero(values.rows)
    some = best_values(records.take(rows), members.take(rows))
    kept, whole = best_values(before_records, before_members), best_values(records, members)
    for made, before, anew, name, gone in zip(
        some, kept, whole, ("persons", "households"), (values.people, values.homes), strict=True
    ):
        tables = (to_arrow(name, before), to_arrow(name, made), to_arrow(name, anew))
        got = made_again(*tables[:2], tables[0].column_names[0], gone).rows
        assert got.combine_chunks().equals(tables[2].combine_chunks())

    asked = reach.of_questions()
    rows = np.flatnonzero(asked.rows)
    old = review_queue(before_links, before_records, before_members, said, cost=COST)
    parts = now[asked.links], records.take(rows).reset_index(drop=True), members.take(rows).reset_index(drop=True)
    old = to_pandas(to_arrow("review_queue", old))  # as it is read back
    queue = requeued(old, review_queue(*parts, said, cost=COST), asked.people, cost=COST)
    expected = review_queue(now, records, members, said, cost=COST)
    assert to_arrow("review_queue", queue).equals(to_arrow("review_queue", expected))


@given(st.sets(st.sampled_from(KEYS)), st.sets(st.sampled_from(KEYS)), st.sets(st.sampled_from(KEYS)))
def test_rows_made_again_stand_where_they_would(before: set[str], made: set[str], again: set[str]) -> None:
    def table(keys: set[str], said: int) -> pa.Table:
        return pa.table({"key": pa.array(sorted(keys), pa.string()), "said": pa.array([said] * len(keys), pa.int64())})

    got = made_again(table(before, 1), table(made, 2), "key", pd.Series(sorted(again), dtype="str"))
    expected = sorted([*((key, 1) for key in before - again), *((key, 2) for key in made & again)])
    assert [(row["key"], row["said"]) for row in got.rows.to_pylist()] == expected
