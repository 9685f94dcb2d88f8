"""After some records changed, what is described and asked of all others is kept, and all is as if it were made anew."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.households.identity.reach import Reach, Since, spliced
from assets.households.identity.survivorship import OF_RECORDS, best_values
from assets.households.review.queue import requeued, review_queue
from warehouse.lake import to_arrow, to_pandas

IDS = "abcdefghijkl"
PEOPLE, HOMES = ("P1", "P2", "P3", "P4", "P5", "P6"), ("H1", "H2", "H3", "H4")
COST = 1.0
SAYS = {
    "nama": ("SITI", "BUDI", None),
    "nik": ("1610054101900003", None),
    "tanggal_lahir": ("1990-01-01", "2019-03-01", None),
    "hubungan": ("KEPALA KELUARGA", "ANAK", None),
    "status_hidup": ("hidup", "meninggal", None),
    "kode_desa": ("16.10.05.2036",),
    "periode": ("2023", "2024"),
    "submission_id": ("s1", "s2"),
    "kode_pmks": ("05", "16"),
}  # fmt: skip
RECORD = st.tuples(st.sampled_from(PEOPLE), st.sampled_from(HOMES), *map(st.sampled_from, SAYS.values()))
WORLD = st.dictionaries(st.sampled_from(IDS), RECORD, min_size=2)
LINK = st.tuples(st.sampled_from([-7.0, 1.0, 3.0, 9.0]), st.sampled_from(["model", "group_disagrees"]))
LINKS = st.dictionaries(st.sampled_from([*combinations(IDS, 2)]), LINK)
ANSWERS = st.lists(
    st.tuples(st.sampled_from([*combinations(IDS, 2)]), st.sampled_from(["same", "not_sure"])), max_size=2
)
World = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def world(rows: dict[str, tuple[str, ...]], found: dict[tuple[str, str], tuple[float, str]]) -> World:
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


@settings(max_examples=100, deadline=None)
@given(WORLD, WORLD, LINKS, LINKS, st.sets(st.sampled_from(IDS), max_size=4), ANSWERS, st.data())
def test_what_a_change_does_not_reach_is_as_it_would_be_made_anew(
    first: dict[str, tuple[str, ...]], other: dict[str, tuple[str, ...]],
    links: dict[tuple[str, str], tuple[float, str]], others: dict[tuple[str, str], tuple[float, str]],
    changing: set[str], answers: list[tuple[tuple[str, str], str]], data: st.DataObject,
) -> None:  # fmt: skip
    second = {k: v for k, v in first.items() if k not in changing} | {k: other[k] for k in changing if k in other}
    again = data.draw(st.sets(st.sampled_from(IDS), max_size=2)) | {k for k in changing if k in second}
    of_again = {ends for ends in {*links, *others} if set(ends) & {*again, *changing}}
    found = {e: v for e, v in links.items() if e not in of_again} | {e: v for e, v in others.items() if e in of_again}
    lost = {end for ends in of_again if ends in links for end in ends}  # who loses a link is matched again, too
    again |= {end for ends in of_again if ends in found for end in ends} | lost
    said = pd.DataFrame([(*ends, answer) for ends, answer in answers], dtype="str",
                        columns=["record_id_l", "record_id_r", "decision"])  # fmt: skip
    records, members, now = world(second, found)
    if not len(records):
        return
    before_records, before_members, before_links = world(first, links)
    at = {name: row for row, name in enumerate(members["record_id"])}
    is_new = [name not in first or first[name][2:] != second[name][2:] for name in members["record_id"]]
    ends = np.array([[at[end] for end in now[f"record_id_{side}"]] for side in "lr"], np.int64)
    since = Since(np.array(is_new, bool), members["record_id"].isin(again).to_numpy(), ends)
    reach = Reach.of(since, before_members, members)

    values = reach.of_values()
    rows = np.flatnonzero(values.rows)
    some = best_values(records.take(rows), members.take(rows))
    kept, whole = best_values(before_records, before_members), best_values(records, members)
    for made, before, anew, name, gone in zip(
        some, kept, whole, ("persons", "households"), (values.people, values.homes), strict=True
    ):
        tables = (to_arrow(name, before), to_arrow(name, made), to_arrow(name, anew))
        assert spliced(*tables[:2], tables[0].column_names[0], gone).combine_chunks().equals(tables[2].combine_chunks())

    asked = reach.of_questions()
    rows = np.flatnonzero(asked.rows)
    old = review_queue(before_links, before_records, before_members, said, cost=COST)
    parts = now[asked.links], records.take(rows).reset_index(drop=True), members.take(rows).reset_index(drop=True)
    old = to_pandas(to_arrow("review_queue", old))  # as it is read back
    got = requeued(old, review_queue(*parts, said, cost=COST), asked.people, cost=COST)
    expected = review_queue(now, records, members, said, cost=COST)
    assert to_arrow("review_queue", got).equals(to_arrow("review_queue", expected))


@given(st.sets(st.sampled_from(IDS)), st.sets(st.sampled_from(IDS)), st.sets(st.sampled_from(IDS)))
def test_rows_made_again_stand_where_they_would(before: set[str], made: set[str], again: set[str]) -> None:
    def table(keys: set[str], said: int) -> pa.Table:
        return pa.table({"key": pa.array(sorted(keys), pa.string()), "said": pa.array([said] * len(keys), pa.int64())})

    got = spliced(table(before, 1), table(made, 2), "key", pd.Series(sorted(again), dtype="str"))
    expected = sorted([*((key, 1) for key in before - again), *((key, 2) for key in made & again)])
    assert [(row["key"], row["said"]) for row in got.to_pylist()] == expected
