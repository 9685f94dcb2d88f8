"""Of a table of which most rows stood in the one before, those that came and went are known, and looking at them alone
says what looking at all says."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import validation.spliced
from validation.borders import InvalidTableError, check_references, check_table, keeps_its_declaration
from validation.declarations import Column, Named, Table
from validation.keys import stand_in
from validation.spliced import Spliced, differing, spliced
from warehouse.arrow import to_arrow
from warehouse.lake import Lake

SAID = ("a", "b", None)
THINGS = Table(
    "things",
    "Invented.",
    (
        Column("id", "VARCHAR", "", "publik"),
        Column("said", "VARCHAR", "", "publik", nullable=True, values=Named("", ("a", "b"))),
        Column("owner", "VARCHAR", "", "publik", nullable=True, references=("owners", "id")),
    ),
    ("id",),
)
OWNERS = ("o1", "o2", "o3")
Row = tuple[str, str | None, str | None]
ROWS = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(SAID), st.sampled_from((*OWNERS, None))),
    unique_by=lambda row: row[0],
)
ANY_ROWS = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from((*SAID, "c")), st.sampled_from((*OWNERS, None)))
)


def table(rows: list[Row]) -> pa.Table:
    columns = zip(*sorted(rows, key=lambda row: row[0]), strict=True) if rows else ([], [], [])
    return pa.table([pa.array(column, pa.string()) for column in columns], names=THINGS.names)


@given(ROWS, ROWS)
def test_rows_that_differ_are_those_that_came_or_went(before: list[Row], now: list[Row]) -> None:
    found = differing(table(before), table(now), "id")
    assert found.rows.equals(table(now)) and found.is_as_before == (sorted(before, key=str) == sorted(now, key=str))
    assert found.new.equals(table([row for row in now if row not in before]))
    assert found.gone.equals(table([row for row in before if row not in now]))


@given(ROWS, ROWS, st.integers(0, 10**9), st.sampled_from((0, 20_000)))
def test_rows_spliced_are_those_that_were_chosen(before: list[Row], made: list[Row], seed: int, most: int) -> None:
    chance = Random(seed)
    kept = [row for row in range(len(before)) if chance.random() < 0.7]
    order = [*kept]
    for row in range(len(made)):
        order.insert(chance.randrange(len(order) + 1), len(before) + row)
    whole = pa.concat_tables([table(before), table(made)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validation.spliced, "_MOST_PIECES", most)
        found = spliced(table(before), table(made), np.array(order, np.int64))
    assert found.rows.equals(whole.take(pa.array(order, pa.int64())))
    assert sorted(found.new["id"].to_pylist()) == sorted(row[0] for row in made)
    gone = [row for row in range(len(before)) if row not in kept]
    assert found.gone.equals(table(before).take(pa.array(gone, pa.int64())))


@settings(max_examples=300)
@given(ROWS, ANY_ROWS, st.sets(st.sampled_from("abcdefgh")), st.sets(st.sampled_from(OWNERS)), st.booleans())
def test_what_changed_is_right_where_the_whole_table_is(
    before: list[Row], made: list[Row], goes: set[str], owners: set[str], told: bool
) -> None:
    stood, come = table(before), table(made)
    keys = [(key, row) for row, key in enumerate([*stood["id"].to_pylist(), *come["id"].to_pylist()])]
    order = [row for key, row in sorted(keys) if row >= len(before) or key not in goes]
    found = spliced(stood, come, np.array(order, np.int64))
    there, all_before = pa.array(sorted(owners), pa.string()), pa.array(OWNERS)
    lost = all_before.filter(pa.array(~stand_in(all_before, there))) if told else None

    right = keeps_its_declaration(THINGS, found, lambda *_: there, lambda *_: lost)
    try:
        check_table(THINGS, found.rows)
        check_references(THINGS, found.rows, lambda *_: there)
        expected = True
    except InvalidTableError:
        expected = False
    assert right == expected


def members(*records: str) -> pa.Table:
    ids = [f"{kind}{record * 16}" for kind in "PH" for record in records]
    columns = {"record_id": [*records], "person_id": ids[: len(records)], "household_id": ids[len(records) :]}
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


@given(st.sets(st.sampled_from("ABCDEF"), min_size=1), st.sets(st.sampled_from("ABCDEF")))
@settings(max_examples=30, deadline=None)
def test_a_table_that_was_spliced_is_written_as_if_it_had_been_made_anew(before: set[str], now: set[str]) -> None:
    stood, made = members(*sorted(before)), members(*sorted(now))
    with tempfile.TemporaryDirectory() as folder:
        one, other = (Lake(Path(folder) / name) for name in ("one", "other"))
        for lake in (one, other):
            lake.write("households", {"membership": stood}, inputs="1")
        found = differing(one.arrow_read("membership"), to_arrow("membership", made), "record_id")
        left = one.write("households", {"membership": found}, inputs="2")
        assert left == other.write("households", {"membership": made}, inputs="2")
        assert one.arrow_read("membership").equals(made) and all(
            (one.root / file).exists() for file in left.files.values()
        )


def test_a_damaged_file_is_no_reason_not_to_write_a_table_that_is_as_before(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    file = lake.root / lake.write("households", {"membership": members("A", "B")}, inputs="1").files["membership"]
    read = lake.arrow_read("membership")
    file.write_bytes(file.read_bytes()[:-1])
    lake.write("households", {"membership": Spliced(read, read.slice(0, 0), read.slice(0, 0))}, inputs="2")
    assert lake.arrow_read("membership").equals(members("A", "B"))


def test_a_new_row_that_breaks_the_declaration_is_refused_in_the_words_of_the_whole_table(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write("households", {"membership": members("A", "B")}, inputs="1")
    wrong = members("A", "B", "C").set_column(1, "person_id", pa.array(["P" + "A" * 16, "P" + "B" * 16, "nobody"]))
    found = differing(lake.arrow_read("membership"), wrong, "record_id")
    with pytest.raises(InvalidTableError) as refused:
        lake.write("households", {"membership": found}, inputs="2")
    with pytest.raises(InvalidTableError) as whole:
        lake.write("households", {"membership": wrong}, inputs="2")
    assert str(refused.value) == str(whole.value)
