"""The blocks of records and the numbers by which later rules know them, against a slow and obvious way."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.households.linkage.arrays.links import KEY_BITS
from assets.households.linkage.arrays.text import mix
from assets.households.linkage.blocking import (
    TIE,
    WINDOW,
    Blocking,
    Rule,
    make_blocks,
    number_blocks,
    split_blocks,
)
from assets.households.linkage.prepare.records import prepare

RULES = Blocking(
    (Rule("kk", ("no_kk",)), Rule("nama", ("nama_lengkap", "kode_desa")), Rule("desa", ("kode_desa",))),
    largest_block=3, split=("tahun_lahir", "nama_lengkap"), pairs_per_record=1.0,
)  # fmt: skip
PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(["SITI AMINAH", "BUDI SANTOSO", "DEWI LESTARI"]), st.sampled_from(["11", "12"]),
        st.sampled_from(["1980-01-02", "1981-05-06", None]), st.sampled_from(["3301020101900001", "3301020101900002"]),
    ),
    min_size=1, max_size=24,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(PEOPLE)
def test_two_records_have_one_number_where_a_block_compares_all_of_its_records(
    people: list[tuple[str, str, str | None, str]],
) -> None:
    records = pd.DataFrame(people, columns=["nama", "desa", "tanggal_lahir", "no_kk"])
    records = records.assign(record_id=[f"r{k}" for k in range(len(people))], kode_desa="33.01.02.20" + records["desa"])
    blocks, keys = make_blocks(prepare(records), RULES)
    for rule, numbers in zip(blocks, keys.T, strict=True):
        of_one_block = {
            pair
            for (a, b), in_window in zip(pairwise(rule.starts.tolist()), rule.in_window(), strict=True)
            for pair in combinations(sorted(rule.order[a:b].tolist()), 2)
            if not in_window
        }
        alike = {(p, q) for p, q in combinations(range(len(people)), 2) if numbers[p] == numbers[q] != 0}
        assert alike == of_one_block
        assert not numbers[np.setdiff1d(np.arange(len(people)), rule.order)].any()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 3)), max_size=40))
def test_blocks_made_anew_from_their_numbers_have_the_same_records(people: list[tuple[int, int, int]]) -> None:
    key, year, day = (np.array([one[part] for one in people], np.uint64) for part in range(3))
    key = np.array([mix(k + np.uint64(1)) & KEY_BITS if k else 0 for k in key], np.uint64)
    columns = {"tahun_lahir": year, "nama_lengkap": year, WINDOW: day, TIE: np.arange(len(key), dtype=np.uint64)}
    first = split_blocks(RULES.rules[0], key, columns, RULES)
    numbers = np.zeros((len(key), 2), np.uint32)
    number_blocks(first, numbers[:, 1])
    again = first.numbered(numbers[:, 1])
    for (a, b), in_window in zip(pairwise(first.starts.tolist()), first.in_window(), strict=True):
        before, after = first.order[a:b].tolist(), again.order[a:b].tolist()
        assert before == after if in_window else sorted(before) == sorted(after)
    assert again.pairs().tolist() == first.pairs().tolist()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([None, "33.01.02.2011", "33.01.02.2012"]), min_size=1, max_size=12))
def test_a_rule_for_tables_without_villages_compares_those_who_state_none(villages: list[str | None]) -> None:
    records = pd.DataFrame({"alamat": "JL. MELATI 5", "kode_desa": villages}, dtype="str")
    records = records.assign(record_id=[f"r{k}" for k in range(len(villages))])
    blocks, _ = make_blocks(prepare(records), Blocking((Rule("alamat", ("alamat", "tanpa_desa")),)))
    assert int(blocks[0].pairs().sum()) == len([*combinations([v for v in villages if v is None], 2)])
