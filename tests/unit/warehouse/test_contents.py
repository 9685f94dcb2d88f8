"""The hash of a table's content follows from its rows alone: not from their order, from files, chunks or encodings."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise, product
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.warehouse.test_lake import HERE, THERE, row_outcomes
from warehouse import contents as contents_module
from warehouse.contents import (
    ROWS,
    column_hash,
    column_hashes,
    column_hashes_of_parts,
    columns_in,
    columns_of,
    content_hash,
    contents,
    differing_parts,
)
from warehouse.lake import Lake
from warehouse.manifests import Manifests
from warehouse.tables import arrow_schema
from warehouse.wholeness import DIGEST_LENGTH

TABLE = "history"
"""A table with text, lists, times, numbers of its own kinds, and a key of three columns."""
KEY = ("referral_id", "directorate", "valid_from")
DAY = datetime(2025, 1, 1)


def value_of(kind: pa.DataType) -> st.SearchStrategy[Any]:
    texts = st.text(st.characters(codec="utf-8"), max_size=4)
    if pa.types.is_list(kind):
        return st.lists(st.none() | texts, max_size=3)
    if pa.types.is_timestamp(kind):
        return st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1))
    if pa.types.is_date(kind):
        return st.dates(date(1900, 1, 1), date(2100, 1, 1))
    if pa.types.is_boolean(kind):
        return st.booleans()
    if pa.types.is_floating(kind):
        return st.floats(allow_nan=False)
    return st.integers(-(2**63), 2**63 - 1) if pa.types.is_integer(kind) else texts


SCHEMA = pa.schema(
    [
        *[field for field in arrow_schema(TABLE) if field.name in (*KEY, "record_ids", "valid_to", "unit")],
        pa.field("umur", pa.int64()),
        pa.field("bobot", pa.float64()),
        pa.field("benar", pa.bool_()),
        pa.field("hari", pa.date32()),
    ]
)
ROW = st.fixed_dictionaries(
    {f.name: value_of(f.type) if f.name in KEY else st.none() | value_of(f.type) for f in SCHEMA}
)


@given(st.lists(st.none() | st.text(max_size=3), max_size=8))
def test_a_column_of_texts_that_are_kept_once_has_the_hash_of_these_texts(texts: list[str | None]) -> None:
    plain = pa.chunked_array([texts], pa.string())
    assert column_hash(plain.dictionary_encode()) == column_hash(plain)


def tables() -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(ROW, max_size=6, unique_by=lambda row: tuple(row[column] for column in KEY))


def slow_hash(rows: list[dict[str, Any]], column: str, kind: pa.DataType) -> str:
    """What the module's head describes, one value at a time."""
    ordered = sorted(rows, key=lambda row: tuple(_bytes(row[key]) for key in KEY))
    return hashlib.sha256(_canonical([row[column] for row in ordered], kind)).hexdigest()


def _bytes(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


def _canonical(values: list[Any], kind: pa.DataType) -> bytes:
    there = bytes(value is not None for value in values)
    if pa.types.is_string(kind):
        texts = [(value or "").encode() for value in values]
        lengths = b"".join(struct.pack("<q", len(text)) for text in texts)
        return f"text {len(values)}\n".encode() + there + lengths + b"".join(texts)
    if pa.types.is_list(kind):
        lengths = b"".join(struct.pack("<q", len(value or ())) for value in values)
        inner = [each for value in values for each in value or ()]
        return f"list {len(values)}\n".encode() + there + lengths + _canonical(inner, kind.value_type)
    if pa.types.is_floating(kind):
        return (
            f"float {len(values)}\n".encode()
            + there
            + b"".join(struct.pack("<d", 0.0 if value is None else value) for value in values)
        )
    name = "boolean" if pa.types.is_boolean(kind) else "integer"
    whole = [int(value or 0) for value in values] if name == "boolean" or pa.types.is_integer(kind) else []
    if pa.types.is_timestamp(kind):
        name, epoch = "time", datetime(1970, 1, 1)
        whole = [round((value - epoch).total_seconds() * 1e6) if value else 0 for value in values]
    if pa.types.is_date(kind):
        name, whole = "day", [(value - date(1970, 1, 1)).days if value else 0 for value in values]
    return f"{name} {len(values)}\n".encode() + there + b"".join(struct.pack("<q", each) for each in whole)


@settings(max_examples=60)
@given(tables(), st.randoms(use_true_random=False))
def test_it_is_what_the_slow_way_gives_whatever_the_order_and_the_chunks(
    rows: list[dict[str, Any]], chance: Random
) -> None:
    shuffled = chance.sample(rows, len(rows))
    cut = chance.randint(0, len(rows))
    parts = [pa.Table.from_pylist(part, SCHEMA) for part in (shuffled[:cut], shuffled[cut:])]
    names = chance.sample(SCHEMA.names, len(SCHEMA.names))
    made = columns_of(TABLE, pa.concat_tables(parts).select(names))
    assert made == {ROWS: str(len(rows))} | {f.name: slow_hash(rows, f.name, f.type) for f in SCHEMA}


@settings(max_examples=40)
@given(tables().filter(bool), st.data())
def test_another_value_is_another_hash_of_its_column_alone(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    field = data.draw(st.sampled_from([f for f in SCHEMA if f.name not in KEY]))
    at = data.draw(st.integers(0, len(rows) - 1))
    other = data.draw((st.none() | value_of(field.type)).filter(lambda value: value != rows[at][field.name]))
    changed = [row | {field.name: other} if number == at else row for number, row in enumerate(rows)]
    before, after = (columns_of(TABLE, pa.Table.from_pylist(each, SCHEMA)) for each in (rows, changed))
    assert {name for name in before if before[name] != after[name]} == {field.name}


def test_neither_compression_nor_row_groups_nor_dictionaries_nor_the_way_of_reading_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [f"P{n // 250}{n % 3}" if n % 5 else None for n in range(1000)]
    rows = [{"record_id": f"{999 - n:032x}", "person_id": who, "household_id": None} for n, who in enumerate(people)]
    table = pa.Table.from_pylist(rows)
    found = {content_hash({"": columns_of("membership", table)})}
    monkeypatch.setattr(contents_module, "_TOGETHER", 64)
    shared = []
    for number, how in enumerate(({"compression": "zstd"}, {"compression": "none", "row_group_size": 70})):
        path = tmp_path / f"{number}.parquet"
        pq.write_table(table, path, use_dictionary=bool(number), **how)
        with pq.ParquetFile(path) as file:
            shared.append(contents_module.shared_texts(file))
        for few in (0, 1000):
            monkeypatch.setattr(contents_module, "_FEW", few)
            found.add(content_hash({"": columns_in("membership", path)}))
    assert len(found) == 1
    assert shared == [set(), {"person_id"}]


def test_parts_without_rows_count_as_absent_and_a_row_in_another_part_does_not() -> None:
    one, none = {ROWS: "1", "record_id": "aa"}, {ROWS: "0", "record_id": "bb"}
    assert content_hash({"16.10/2024": one, "16.10/2025": none}) == content_hash({"16.10/2024": one})
    assert content_hash({"16.10/2024": one}) != content_hash({"16.10/2025": one})


@pytest.mark.parametrize("table", ["findings", "overlap", "quality"])
def test_rows_without_a_key_or_with_nulls_in_it_have_one_order(table: str) -> None:
    schema = arrow_schema(table)
    rows = [
        {f.name: None if f.name == "household_id" else ["b", "a"][:n] if pa.types.is_list(f.type) else None
         if not pa.types.is_string(f.type) else f"{n}" for f in schema}
        for n in range(3)
    ]  # fmt: skip
    forth, back = (pa.Table.from_pylist(each, schema) for each in (rows, rows[::-1]))
    assert columns_of(table, forth) == columns_of(table, back)


@settings(max_examples=25)
@given(
    st.lists(st.lists(st.integers(1, 4), unique=True, max_size=3), min_size=4, max_size=4),
    st.booleans(),
)
def test_the_parts_that_differ_are_those_whose_contents_do(rows: list[list[int]], repacked: bool) -> None:
    """`repacked`: what the one lake has lies in files of other bytes, which say the same."""
    with TemporaryDirectory() as folder:
        lakes = [Lake(Path(folder) / name) for name in ("one", "other")]
        for (lake, partition), held in zip(product(lakes, (HERE, THERE)), rows, strict=True):
            lake.write("records", {"row_outcomes": row_outcomes(*held)}, inputs="", partition=partition)
        if repacked:
            _repack(lakes[0])
        whole = [contents(lake)["row_outcomes"] for lake in lakes]
        slow = [part for part in sorted(whole[0]) if whole[0][part] != whole[1][part]]
        assert list(differing_parts(*lakes)) == [("row_outcomes", part) for part in slow]
        assert bool(slow) == (content_hash(whole[0]) != content_hash(whole[1]))


def _repack(lake: Lake) -> None:
    """Write the files of a lake otherwise, under the names that this gives them."""
    for partition, manifest in lake.manifests("records").items():
        files = {}
        for table, file in manifest.files.items():
            rows = pq.read_table(lake.root / file)
            sink = pa.BufferOutputStream()
            pq.write_table(rows.take(pa.array(range(rows.num_rows - 1, -1, -1), pa.int64())), sink, compression="none")
            content = sink.getvalue().to_pybytes()
            name = f"part-{hashlib.sha256(content).hexdigest()[:DIGEST_LENGTH]}.parquet"
            files[table] = Path(file).with_name(name).as_posix()
            (lake.root / files[table]).write_bytes(content)
        Manifests(lake.root).write(replace(manifest, files=files), partition)


@given(
    values=st.lists(st.none() | st.text(max_size=3), max_size=20),
    ends=st.lists(st.integers(0, 20), min_size=1, max_size=4).map(sorted),
)
def test_the_hashes_of_parts_are_those_of_tables_with_their_rows(values: list[str | None], ends: list[int]) -> None:
    lengths = [None if value is None else len(value) for value in values]
    columns = {
        "text": pa.array(values, pa.string()),
        "list": pa.array([None if value is None else [*value, None] for value in values], pa.list_(pa.string())),
        "number": pa.array(lengths, pa.int64()),
        "float": pa.array(lengths, pa.float64()),
        "day": pa.array(lengths, pa.int32()).cast(pa.date32()),
    }
    table = pa.table(columns | {"shared": columns["text"].dictionary_encode()})
    parts = [slice(begin, end) for begin, end in pairwise([0, *(min(end, len(values)) for end in ends), len(values)])]
    hashes = column_hashes_of_parts(table, parts)
    alone = [
        {name: pa.array(table[name][part].to_pylist(), table[name].type) for name in table.column_names}
        for part in parts
    ]
    assert hashes == [column_hashes(pa.table(rows)) for rows in alone]
