"""With the real matcher: whatever the batches, order and withdrawals, the result equals one rebuild, and ids last."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.households.identity.assign import IdentityState, assign_ids
from assets.households.linkage.matching import cluster_records
from assets.households.linkage.model.parameters import Model

START = datetime(2026, 1, 1)
FIRST = ["SITI", "AHMAD", "SRI", "BUDI", "NURHAYATI"]
LAST = ["MARWIYAH", "SUPENO", "WAHYUNI", "HARTONO"]


def population() -> pd.DataFrame:
    """Thirty records of twelve people in four households, some without NIK, some misspelt, over two lists."""
    rows = []
    for n in range(30):
        person = n % 12
        home, spoilt = person // 3, n // 12
        name = f"{FIRST[person % 5]} {LAST[person % 4]}"
        nik = f"161005{(person * 7) % 28 + 1:02d}{person % 12 + 1:02d}{60 + person:02d}{person + 1:04d}"
        rows.append(
            {
                "record_id": f"{(n * 7919) % 104729:05d}",
                "nama": name.replace("IYAH", "IAH") if spoilt == 1 else name,
                "nik": None if (n * 5) % 7 < 3 else nik,
                "no_kk": f"16100501011000{home:02d}",
                "tanggal_lahir": f"{1960 + person}-{person % 12 + 1:02d}-{(person * 7) % 28 + 1:02d}",
                "jenis_kelamin": "P" if person % 5 in (0, 2, 4) else "L",
                "kode_desa": "16.10.05.2036" if spoilt < 2 else "16.10.05.2037",
                "sumber": f"list{spoilt}",
                "periode": "2024",
            }
        )
    return pd.DataFrame(rows)


PEOPLE = population()
histories = st.lists(st.sets(st.integers(0, len(PEOPLE) - 1)), min_size=1, max_size=4)


def partition(membership: pd.DataFrame, column: str) -> set[frozenset[str]]:
    return {frozenset(group) for _, group in membership.groupby(column)["record_id"]}


def match(records: pd.DataFrame, state: IdentityState, number: int):
    found = cluster_records(records, model=Model.default())
    at = START + timedelta(days=number)
    return assign_ids(records["record_id"], found.person, found.household, state, run_id=str(number), at=at)


@settings(max_examples=12, deadline=None)
@given(histories, st.randoms(use_true_random=False))
def test_any_history_of_batches_ends_where_a_rebuild_ends(history, chance):
    state, before = IdentityState.empty(), None
    for number, present in enumerate(history):
        rows = sorted(present)
        chance.shuffle(rows)
        result = match(PEOPLE.iloc[rows].reset_index(drop=True), state, number)
        assert set(result.membership["record_id"]) == set(PEOPLE["record_id"].iloc[rows])
        for column in ("person_id", "household_id") if before is not None else ():
            ids = before.set_index("record_id")[column], result.membership.set_index("record_id")[column]
            for same in partition(before, column) & partition(result.membership, column):
                assert ids[0][list(same)].tolist() == ids[1][list(same)].tolist()
        state, before = result.state, result.membership
    rebuilt = match(PEOPLE.iloc[sorted(history[-1])].reset_index(drop=True), IdentityState.empty(), 0)
    for column in ("person_id", "household_id"):
        assert partition(result.membership, column) == partition(rebuilt.membership, column)


@settings(max_examples=12, deadline=None)
@given(st.permutations(range(len(PEOPLE))))
def test_a_rebuild_gives_the_same_ids_whatever_the_order_of_rows(order):
    shuffled = match(PEOPLE.iloc[list(order)].reset_index(drop=True), IdentityState.empty(), 0)
    sorted_rows = match(PEOPLE, IdentityState.empty(), 0)
    pd.testing.assert_frame_equal(shuffled.membership, sorted_rows.membership)
    pd.testing.assert_frame_equal(shuffled.events, sorted_rows.events)
