"""Records that were prepared in parts, and sent from there, are those that are prepared together."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.households.linkage.arrays.text import text_column, text_hashes
from assets.households.linkage.blocking import Blocking, key_columns
from assets.households.linkage.buckets.parcels import FIELDS, Parcel, joined, parcel
from assets.households.linkage.buckets.shipping import packed, unpacked
from assets.households.linkage.buckets.stages import OF_EDGES, OF_HOUSEHOLDS
from assets.households.linkage.cardless.places import place_keys
from assets.households.linkage.compare.records import compare_pairs, record_arrays
from assets.households.linkage.dwellings.keys import dwelling_keys
from assets.households.linkage.incremental.content import SHARED_COLUMNS
from assets.households.linkage.model.parameters import Model
from assets.households.linkage.prepare.records import Prepared, prepare
from tests.support.invented_lists import people

MODEL, RULES = Model.default(), Blocking.load()
NAMES = ("SITI AMINAH BINTI KARIM", "ABDUL RAHMAN BIN UMA", "HJ. NI WY SARI, S.PD", "I", "", "-", "BIN")
"""Fathers' names, a name that ends where old systems cut it, titles, and hardly any name."""
SMALL = st.tuples(st.integers(0, 10**9), st.integers(1, 5), st.sampled_from([0.02, 0.5, 1.0]))
"""A seed, how many parts there are, and the share of records that are sent."""


def prepared(records: pd.DataFrame) -> Prepared:
    none_shared = {name: np.zeros(0, np.uint64) for name in SHARED_COLUMNS}
    return MODEL.with_names(prepare(records, none_shared, text_hashes(text_column(records, "record_id"))))


def sent(records: pd.DataFrame, chosen: npt.NDArray[np.bool_], fields: tuple[str, ...]) -> Parcel:
    """Prepare a part, and return its chosen records as they arrive, each with its label in `records`."""
    p = prepared(records)
    rows = np.flatnonzero(chosen[p.order])
    return unpacked(packed(parcel(p, rows, {"row": records.index.to_numpy()[p.order][rows]}, fields)))


def both_ways(case: tuple[int, int, float], fields: tuple[str, ...] = FIELDS) -> tuple[Prepared, Prepared]:
    """Return the same records as they arrive from several parts, and as they are prepared together."""
    seed, parts, share = case
    chance = np.random.default_rng(seed)
    records = people(Random(seed), 100)
    for column in ("nama", "kepala_keluarga", "nama_ibu", "nama_ayah"):
        named = records.get(column, pd.Series("SRI", records.index))
        other = chance.random(len(records)) < 0.3
        records[column] = np.where(other, chance.choice(NAMES, len(records)), named.to_numpy(object))
    part, chosen = chance.integers(0, parts, len(records)), chance.random(len(records)) < share
    chosen[0] = True
    parcels = [sent(records[part == k], chosen[part == k], fields) for k in np.unique(part)]
    beside, got = joined(parcels)
    want = prepared(records[chosen])
    assert (beside.column("row").to_numpy()[got.order] == np.flatnonzero(chosen)[want.order]).all()
    assert (got.sort_key == want.sort_key).all()
    assert (got.record_hash == want.record_hash).all()
    return MODEL.with_names(got), want


@settings(max_examples=10, deadline=None)
@given(SMALL)
def test_records_from_several_parts_compare_as_if_they_were_prepared_together(case: tuple[int, int, float]) -> None:
    got, want = both_ways(case)
    keys, expected = key_columns(got, RULES), key_columns(want, RULES)
    assert keys.keys() == expected.keys()
    for name in keys:
        assert (keys[name] == expected[name]).all(), name
    left, right = (end.astype(np.int32) for end in np.triu_indices(len(want), 1))
    assert_same(compare_pairs(left, right, record_arrays(got)), compare_pairs(left, right, record_arrays(want)))


@pytest.mark.parametrize("fields", [OF_EDGES, OF_HOUSEHOLDS, FIELDS], ids=["edges", "households", "all"])
@settings(max_examples=5, deadline=None)
@given(SMALL)
def test_their_homes_are_the_same_by_the_fields_that_are_sent_for_them(
    fields: tuple[str, ...], case: tuple[int, int, float]
) -> None:
    got, want = both_ways(case, fields)
    assert_same((dwelling_keys(got), place_keys(got)), (dwelling_keys(want), place_keys(want)))


def assert_same(got: tuple[npt.NDArray[Any], ...], want: tuple[npt.NDArray[Any], ...]) -> None:
    for found, expected in zip(got, want, strict=True):
        assert (found == expected).all()


def test_tables_arrive_as_they_were_sent() -> None:
    tables = pa.table({"a": [1, 2], "b": ["x", None]}), pa.table({"c": pa.array([], pa.int8())})
    arrived = unpacked(packed(tables))
    assert len(arrived) == len(tables)
    assert all(got.equals(want) for got, want in zip(arrived, tables, strict=True))
