"""The lake holds what a stage gave it, by type and value, and changes as a whole or not at all."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.declared import ANY, DTYPES, Row, frame, lawful_rows, series
from validation.borders import InvalidTableError
from warehouse.arrow import column_in_arrow
from warehouse.lake import DamagedTableError, Lake, LostTableError, Partition
from warehouse.tables import ARROW_TYPES, tables

HERE, THERE = Partition("16.10", "2024"), Partition("15.07", "2025-S1")
TRIED = ("accepted", "referrals", "quality", "identity_ids", "links", "review_queue")


@st.composite
def frames(draw: Callable[..., object]) -> tuple[str, pd.DataFrame]:
    """A declared table with some rows of anything its declaration allows."""
    name = str(draw(st.sampled_from(TRIED)))
    rows: list[Row] = draw(lawful_rows(tables()[name]))  # type: ignore[assignment]
    columns = tables()[name].columns
    return name, pd.DataFrame({c.name: series(c.type, [row[c.name] for row in rows]) for c in columns})


def receipts(*paths: str) -> pd.DataFrame:
    frame = pd.DataFrame({"path": list(paths), "submission_id": [f"id of {path}" for path in paths]}, dtype="str")
    moments = pd.Series([datetime(2025, 3, 4, 5, 6, 7, 8)] * len(paths), dtype="datetime64[us]")
    return frame.assign(received_at=moments, seq=pd.Series([1] * len(paths), dtype="Int64"))


def row_outcomes(*rows: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "submission_id": pd.Series(["a"] * len(rows), dtype="str"),
            "sheet": pd.Series([""] * len(rows), dtype="str"),
            "row": pd.array(rows, dtype="Int64"),
            "outcome": pd.Series(["accepted"] * len(rows), dtype="str"),
        }
    )


def proposals(*texts: str) -> pd.DataFrame:
    return pd.DataFrame({"submission_id": [f"id of {text}" for text in texts], "text": list(texts)}, dtype="str")


def test_every_type_of_the_declarations_is_tried_here() -> None:
    assert set(ANY) == set(DTYPES) == set(ARROW_TYPES)
    assert {column.type for name in TRIED for column in tables()[name].columns} == set(ARROW_TYPES)


@given(frames())
@settings(max_examples=40, deadline=None)
def test_what_is_read_is_what_was_written(made: tuple[str, pd.DataFrame]) -> None:
    name, frame = made
    with tempfile.TemporaryDirectory() as folder:
        Lake(Path(folder)).write(tables()[name].stage, {name: frame}, inputs="1")
        pd.testing.assert_frame_equal(Lake(Path(folder)).read(name), frame)


@given(frames(), st.data())
@settings(max_examples=20, deadline=None)
def test_rows_of_one_value_alone_are_read_as_they_stand_in_the_whole(
    made: tuple[str, pd.DataFrame], data: st.DataObject
) -> None:
    name, frame = made
    column = data.draw(st.sampled_from([c.name for c in tables()[name].columns if c.type == "VARCHAR"]))
    value = data.draw(st.sampled_from(["other", *frame[column].dropna()]))
    with tempfile.TemporaryDirectory() as folder:
        Lake(Path(folder)).write(tables()[name].stage, {name: frame}, inputs="1")
        read = Lake(Path(folder)).read(name, only={column: value})
    for held in [c.name for c in tables()[name].columns if c.type == "VARCHAR[]"]:  # as Arrow has them
        assert isinstance(read[held].dtype, pd.ArrowDtype)
        read[held] = pd.Series(read[held].array.to_numpy().tolist(), dtype="object")
    expected = frame[(frame[column] == value).fillna(False).astype(bool)].reset_index(drop=True)
    pd.testing.assert_frame_equal(read, expected)


@given(frames(), frames())
@settings(max_examples=15, deadline=None)
def test_the_digest_tells_content_and_nothing_else(
    one: tuple[str, pd.DataFrame], other: tuple[str, pd.DataFrame]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first = Lake(Path(folder) / "a").write(tables()[one[0]].stage, dict([one]), inputs="1")
        again = Lake(Path(folder) / "b").write(tables()[one[0]].stage, dict([one]), inputs="2", facts={"rule_set": "x"})
        assert (first.digest, first.files) == (again.digest, again.files)
        differs = Lake(Path(folder) / "c").write(tables()[other[0]].stage, dict([other]), inputs="1")
        same = one[0] == other[0] and one[1].equals(other[1])
        assert (differs.digest == first.digest) == same


def test_a_table_that_no_stage_wrote_reads_as_empty_with_its_types(tmp_path: Path) -> None:
    empty = Lake(tmp_path).read("accepted")
    assert len(empty) == 0
    assert {c.name: str(empty[c.name].dtype) for c in tables()["accepted"].columns} == {
        c.name: DTYPES[c.type] for c in tables()["accepted"].columns
    }
    assert list(Lake(tmp_path).read("accepted", columns=["nik", "row"]).columns) == ["nik", "row"]


@given(frames(), st.data())
@settings(max_examples=20, deadline=None)
def test_texts_that_are_shared_say_the_same(made: tuple[str, pd.DataFrame], data: st.DataObject) -> None:
    name, frame = made
    texts = [column.name for column in tables()[name].columns if column.type == "VARCHAR"]
    shared = data.draw(st.lists(st.sampled_from(texts), unique=True))
    with tempfile.TemporaryDirectory() as folder:
        Lake(Path(folder)).write(tables()[name].stage, {name: frame}, inputs="1")
        read = Lake(Path(folder)).read(name, shared=shared)
        if len(frame):
            assert [*read.select_dtypes("category").columns] == [c for c in frame.columns if c in shared]
        lists = [column.name for column in tables()[name].columns if column.type == "VARCHAR[]"]
        said = read.assign(**{column: pd.Series(read[column].tolist(), dtype="object") for column in lists})
        pd.testing.assert_frame_equal(said.astype(dict.fromkeys(shared, "str")), frame)
        assert Lake(Path(folder)).write(tables()[name].stage, {name: read}, inputs="2").files == (
            Lake(Path(folder)).write(tables()[name].stage, {name: frame}, inputs="3").files
        )


def test_partitions_are_listed_in_order_read_apart_and_read_together(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write("records", {"row_outcomes": row_outcomes(1, 2)}, inputs="1", partition=HERE)
    lake.write("records", {"row_outcomes": row_outcomes(3)}, inputs="1", partition=THERE)
    assert lake.partitions("records") == [THERE, HERE]
    assert list(lake.read("row_outcomes", HERE)["row"]) == [1, 2]
    assert list(lake.read("row_outcomes")["row"]) == [3, 1, 2]
    assert lake.partitions("rows") == []


def test_replacing_one_partition_leaves_the_others_and_no_files_of_the_old(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write("records", {"row_outcomes": row_outcomes(1)}, inputs="1", partition=HERE)
    other = lake.write("records", {"row_outcomes": row_outcomes(2)}, inputs="1", partition=THERE)
    before = lake.digest("records")
    lake.write("records", {"row_outcomes": row_outcomes(7, 8)}, inputs="2", partition=HERE)
    assert lake.manifest("records", THERE) == other
    assert lake.digest("records") != before
    assert sorted(p for p in tmp_path.rglob("*.parquet")) == sorted(lake.files("row_outcomes"))


def test_a_disk_that_fails_is_named_as_the_reason_why_a_table_cannot_be_read(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write("records", {"row_outcomes": row_outcomes(1)}, inputs="1", partition=HERE)
    lake.write("submissions", {"receipts": receipts("a.xlsx")}, inputs="1")
    for path in tmp_path.rglob("*.parquet"):
        path.unlink()
        path.symlink_to("/proc/self/mem")  # the kernel answers EIO to whoever reads its first page
    with pytest.raises(DamagedTableError, match=r"Input/output error.*makes it again"):
        lake.read("row_outcomes")
    with pytest.raises(LostTableError, match=r"Input/output error.*second copy"):
        lake.read("receipts")
    lake.mend("records", HERE)
    assert lake.files("row_outcomes") == []


def test_the_same_content_is_not_written_again(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write("submissions", {"receipts": receipts("a.xlsx")}, inputs="1")
    (written,) = lake.files("receipts")
    stamp = written.stat().st_ino
    lake.write("submissions", {"receipts": receipts("a.xlsx")}, inputs="2")
    assert lake.files("receipts") == [written]
    assert written.stat().st_ino == stamp
    manifest = lake.manifest("submissions")
    assert manifest is not None and manifest.inputs == "2"


@pytest.mark.parametrize(
    "wrong", [receipts("b").drop(columns="path"), receipts("b").assign(nama="x")], ids=["lacks one", "has one more"]
)
def test_a_frame_of_other_columns_than_declared_changes_nothing(tmp_path: Path, wrong: pd.DataFrame) -> None:
    lake = Lake(tmp_path)
    old = lake.write("submissions", {"receipts": receipts("a")}, inputs="1")
    with pytest.raises(KeyError, match="receipts"):
        lake.write("submissions", {"unplaced_proposals": proposals("a"), "receipts": wrong}, inputs="2")
    assert lake.manifest("submissions") == old
    assert list(lake.read("receipts")["path"]) == ["a"]


def test_rows_that_break_the_declaration_change_nothing(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    old = lake.write("records", {"row_outcomes": row_outcomes(1)}, inputs="1")
    for wrong in (row_outcomes(2, 2), row_outcomes(0), row_outcomes(2).assign(outcome="lost")):
        with pytest.raises(InvalidTableError, match="table row_outcomes breaks its declaration"):
            lake.write("records", {"row_outcomes": wrong}, inputs="2")
    assert lake.manifest("records") == old
    assert list(lake.read("row_outcomes")["row"]) == [1]


def test_references_are_looked_up_in_what_is_written_at_the_same_time_else_in_the_lake(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    submissions = frame("submissions", {"submission_id": "a" * 64})
    mine = receipts("x").assign(submission_id="a" * 64)
    lake.write("submissions", {"receipts": mine, "submissions": submissions}, inputs="1")
    known = row_outcomes(1).assign(submission_id="a" * 64)
    lake.write("records", {"row_outcomes": known}, inputs="1", partition=HERE)
    for stage, tables_ in (
        ("records", {"row_outcomes": row_outcomes(1)}),
        ("submissions", {"receipts": receipts("x")}),
    ):
        with pytest.raises(InvalidTableError, match=r"submission_id: references submissions\.submission_id"):
            lake.write(stage, tables_, inputs="2")
    assert lake.column("row_outcomes", "submission_id").to_pylist() == ["a" * 64]  # type: ignore[union-attr]
    assert lake.column("persons", "person_id") is None


def test_a_table_that_was_written_is_let_go_but_what_refers_to_it_is_still_compared_with_it(tmp_path: Path) -> None:
    lake = Lake(tmp_path)

    def content(registered: str, received: str) -> dict[str, pd.DataFrame]:
        of = receipts("x").assign(submission_id=received * 64)
        return {"submissions": frame("submissions", {"submission_id": registered * 64}), "receipts": of}

    first = content("a", "a")
    lake.write("submissions", first, inputs="1")
    assert first == {}
    lake.write("submissions", content("b", "b"), inputs="2")
    with pytest.raises(InvalidTableError, match=r"submission_id: references submissions\.submission_id"):
        lake.write("submissions", content("c", "b"), inputs="3")


KILLED_BEFORE_EACH_RENAME = """
import os, pathlib, signal, sys
import tests.unit.warehouse.test_lake as t
root = pathlib.Path(sys.argv[1])
rename = pathlib.Path.replace
for steps in range(6):
    lake = t.Lake(root / str(steps))
    lake.write("submissions", {"receipts": t.receipts("old"), "unplaced_proposals": t.proposals("old")}, inputs="1")
    child = os.fork()
    if child == 0:
        left = [steps]
        def counted(self, target):
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return rename(self, target)
        pathlib.Path.replace = counted
        lake.write("submissions", {"receipts": t.receipts("new"), "unplaced_proposals": t.proposals("new")}, inputs="2")
        os._exit(0)
    print(os.WIFSIGNALED(os.waitpid(child, 0)[1]))
"""


def test_killed_anywhere_the_old_tables_stand_together_until_the_new_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED_BEFORE_EACH_RENAME, tmp_path], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [*["True"] * 5, "False"]
    for steps in range(6):
        lake = Lake(tmp_path / str(steps))
        state = (list(lake.read("receipts")["path"]), list(lake.read("unplaced_proposals")["text"]))
        assert state == (["new"], ["new"]) if steps >= 4 else state == (["old"], ["old"])
        lake.write("submissions", {"receipts": receipts("new"), "unplaced_proposals": proposals("new")}, inputs="2")
        assert list(lake.read("receipts")["path"]) == ["new"]
        assert list(lake.read("unplaced_proposals")["text"]) == ["new"]


TEXTS = ["a", "", None, "é"]
COLUMNS = {
    "VARCHAR": [pd.Series(TEXTS, dtype=kind) for kind in ("str", "category", "object")],
    "BIGINT": [pd.Series([1, None, -3, 2**62], dtype="Int64"), pd.Series(range(4))],
    "DOUBLE": [pd.Series([0.5, np.nan, 1, 2])],
    "BOOLEAN": [pd.Series([True, None, False, True], dtype="boolean")],
    "DATE": [pd.Series(["2024-02-29", None, "1945-08-17", "2099-12-31"]).astype("datetime64[us]")],
    "VARCHAR[]": [pd.Series([["a"], None, [], ["b", "c"]], dtype="object")],
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_column_becomes_what_arrow_makes_of_it_in_a_frame(kind: str) -> None:
    field = pa.field("one", ARROW_TYPES[kind])
    for column in COLUMNS[kind]:
        frame = pd.DataFrame({"one": column.iloc[1:]})
        plain = frame.astype({"one": "object"}) if column.dtype == "category" else frame
        slow = pa.Table.from_pandas(plain, schema=pa.schema([field]), preserve_index=False).replace_schema_metadata()
        assert column_in_arrow(frame, field).equals(slow)
