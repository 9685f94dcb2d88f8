"""A stage runs when, and only when, something it depends on has changed, and touches only what it declares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.unit.warehouse.test_lake import HERE, THERE, receipts, row_outcomes
from warehouse.arrow import to_pandas
from warehouse.contents import contents_note, contents_of_a_run
from warehouse.home import DataHome
from warehouse.lake import Lake, digest_of
from warehouse.stage import UNFINISHED, Columns, Content, Stage, StageResult, StageRun, UndeclaredError, run_stage
from warehouse.tables import lake_tables

SUBMISSION = {"size_bytes": 1, "kode_desa": None, "declaration": "{}", "run_id": "r", "format": "csv"}


def declared(**parts: Any) -> Stage:
    """A declaration of the stage `outcomes`, but for the parts given; its code is some module."""
    return Stage(**({"name": "outcomes", "reads": (), "module": "warehouse.files"} | parts))


def frames_of(stage: str, lake: Lake, **changed: pd.DataFrame) -> Content:
    """An empty frame for each table of a stage, but for those given."""
    return {table: lake.read(table).iloc[:0] for table in lake_tables(stage)} | changed


class Counted:
    """The computation of the stage `outcomes`; it counts how often it was asked for."""

    def __init__(self) -> None:
        self.times, self.error = 0, False
        self.reads: tuple[str, ...] = ()

    def __call__(self, run: StageRun) -> tuple[Content, dict[str, Any]]:
        self.times += 1
        if self.error:
            raise MemoryError
        for table in self.reads:
            run.read(table)
        return frames_of("outcomes", run.lake), {"counted": self.times}


@pytest.fixture
def home(tmp_path: Path) -> DataHome:
    return DataHome(root=tmp_path, inbox=tmp_path / "inbox")


@pytest.fixture
def lake(home: DataHome) -> Lake:
    made = Lake(home.lake)
    made.write("submissions", {"receipts": receipts("a")}, inputs="1")
    return made


def ran(stage: Stage, lake: Lake, home: DataHome) -> StageResult:
    return run_stage(stage.begin(lake, home))


def test_the_same_inputs_are_computed_once(lake: Lake, home: DataHome) -> None:
    compute = Counted()
    stage = declared(reads=("receipts",), compute=compute)
    first, again = ran(stage, lake, home), ran(stage, lake, home)
    assert (first.changed, again.changed, compute.times) == (True, False, 1)
    assert again.manifest == first.manifest
    assert again.manifest.facts == {"counted": 1}


def test_it_is_computed_again_when_a_table_it_reads_changes_and_not_for_another(lake: Lake, home: DataHome) -> None:
    compute = Counted()
    stage = declared(reads=("receipts",), compute=compute)
    ran(stage, lake, home)
    lake.write("records", {"row_outcomes": row_outcomes(1)}, inputs="1", partition=HERE)
    assert not ran(stage, lake, home).changed
    lake.write("submissions", {"receipts": receipts("b")}, inputs="2")
    assert ran(stage, lake, home).changed


def test_settings_count_by_their_fingerprint(lake: Lake, home: DataHome) -> None:
    compute, profile = Counted(), ["full-2012", "a remark"]
    stage = declared(compute=compute, settings=lambda home: profile, fingerprint=lambda given: given[0])
    ran(stage, lake, home)
    profile[1] = "another remark"
    assert not ran(stage, lake, home).changed
    profile[0] = "study-2011"
    assert ran(stage, lake, home).changed


def test_its_code_counts(lake: Lake, home: DataHome) -> None:
    one, other = (declared(module=module) for module in ("warehouse.lake", "warehouse.files"))
    assert one.inputs(lake, home, None) != other.inputs(lake, home, None)


@pytest.mark.parametrize("columns", [("submission_id", "outcome"), ("outcome",), ("submission_id", "sheet", "row")])
def test_columns_are_the_same_by_the_note_of_contents_as_by_their_files(
    lake: Lake, home: DataHome, columns: tuple[str, ...]
) -> None:
    lake.write("records", {"row_outcomes": row_outcomes(3)}, inputs="1", partition=HERE)
    lake.write("records", {"row_outcomes": row_outcomes(2)}, inputs="1", partition=THERE)
    stage = declared(reads=(Columns("row_outcomes", columns),))
    contents_of_a_run(lake, contents_note(home))
    elsewhere = DataHome(home.root / "elsewhere", home.inbox)
    assert stage.inputs(lake, home, None) == stage.inputs(lake, elsewhere, None)


def test_a_computation_that_fails_leaves_what_stood_and_is_tried_again(lake: Lake, home: DataHome) -> None:
    compute = Counted()
    stage = declared(reads=("receipts",), compute=compute)
    before = ran(stage, lake, home).manifest
    lake.write("submissions", {"receipts": receipts("b")}, inputs="2")
    compute.error = True
    with pytest.raises(MemoryError):
        ran(stage, lake, home)
    assert lake.manifest("outcomes") == before
    compute.error = False
    assert ran(stage, lake, home).changed


def test_what_a_stage_does_not_declare_it_cannot_read(lake: Lake, home: DataHome) -> None:
    compute = Counted()
    compute.reads = ("submissions",)
    with pytest.raises(UndeclaredError, match="outcomes reads submissions"):
        ran(declared(reads=("receipts",), compute=compute), lake, home)
    ids = Columns("submissions", ("submission_id",))
    run = declared(reads=(ids,), compute=compute).begin(lake, home)
    assert list(run.read("submissions").columns) == ["submission_id"]
    with pytest.raises(UndeclaredError, match="path"):
        run.read("submissions", columns=["submission_id", "path"])
    for table in ("submissions", "receipts"):
        with pytest.raises(UndeclaredError, match=table):
            run.arrow_read(table)
    with pytest.raises(UndeclaredError, match="receipts"):
        run.facts("receipts")
    with pytest.raises(UndeclaredError, match="receipts"):
        run.rows("receipts")


def test_what_is_read_in_arrow_is_what_stands_in_the_frame(lake: Lake, home: DataHome) -> None:
    run = declared(reads=("receipts",), compute=Counted()).begin(lake, home)
    assert len(run.read("receipts")) == 1
    pd.testing.assert_frame_equal(to_pandas(run.arrow_read("receipts")), run.read("receipts"))
    assert run.arrow_read("receipts", ["path"]).column_names == ["path"]


def test_what_a_stage_wrote_itself_it_reads_back_only_if_it_says_so(lake: Lake, home: DataHome) -> None:
    forgetful = declared(compute=Counted()).begin(lake, home)
    with pytest.raises(UndeclaredError):
        forgetful.read("outcomes")
    remembers = declared(compute=Counted(), remembers=("outcomes",)).begin(lake, home)
    assert remembers.read("outcomes").empty


def test_what_a_stage_does_not_declare_it_cannot_write(lake: Lake, home: DataHome) -> None:
    def writes_more(run: StageRun) -> tuple[Content, dict[str, Any]]:
        return frames_of("outcomes", run.lake, receipts=receipts("a")), {}

    def writes_less(run: StageRun) -> tuple[Content, dict[str, Any]]:
        return {}, {}

    for compute in (writes_more, writes_less):
        with pytest.raises(UndeclaredError, match="outcomes wrote"):
            ran(declared(compute=compute), lake, home)
    with pytest.raises(ValueError, match="does not write receipts"):
        lake.write("outcomes", {"receipts": receipts("a")}, inputs="1")
    assert lake.manifest("outcomes") is None


@pytest.mark.parametrize(
    "wrong", [{"reads": ("no_such_table",)}, {"reads": ("records.accepted",)}, {"remembers": ("receipts",)}]
)
def test_a_declaration_names_only_tables_that_are_declared(wrong: dict[str, Any]) -> None:
    with pytest.raises((UndeclaredError, KeyError)):
        declared(**wrong)


def submissions(*places: tuple[str, str, str]) -> pd.DataFrame:
    rows = [
        {**SUBMISSION, "submission_id": sid * 64, "path": sid, "kode_kabupaten": kab, "periode": periode}
        for sid, kab, periode in places
    ]
    return pd.DataFrame(rows).assign(received_at=pd.Timestamp(2025, 1, 1)).astype({"size_bytes": "Int64"})


def test_a_partition_is_due_when_its_own_submissions_change(lake: Lake, home: DataHome) -> None:
    read: list[list[str]] = []

    def compute(run: StageRun) -> tuple[Content, dict[str, Any]]:
        read.append(list(run.read("submissions")["path"]))
        return frames_of("rows", run.lake), {}

    stage = declared(
        name="rows", reads=(Columns("submissions", ("submission_id", "path")),), compute=compute, partitioned=True
    )
    assert stage.partitions(lake) == []
    lake.write("submissions", {"submissions": submissions(("b", *HERE), ("a", *HERE), ("c", *THERE))}, inputs="2")
    assert list(stage.pending(lake, home)) == stage.partitions(lake) == [THERE, HERE]
    for partition in stage.pending(lake, home):
        run_stage(stage.begin(lake, home, partition=partition))
    assert read == [["c"], ["a", "b"]]
    assert stage.pending(lake, home) == {}
    elsewhere = submissions(("b", *HERE), ("a", *HERE), ("c", *THERE)).assign(run_id="another")
    lake.write("submissions", {"submissions": elsewhere}, inputs="3")
    assert stage.pending(lake, home) == {}
    lake.write("submissions", {"submissions": submissions(("b", *HERE), ("c", *THERE))}, inputs="4")
    assert list(stage.pending(lake, home)) == [HERE]
    lake.write("submissions", {"submissions": submissions(("b", *HERE))}, inputs="5")
    assert list(stage.pending(lake, home)) == [THERE, HERE]  # emptied, but what it held has to go
    run_stage(stage.begin(lake, home, partition=THERE))
    assert read[-1] == []
    with pytest.raises(ValueError, match="one kabupaten and period"):
        stage.begin(lake, home)


def test_digests_do_not_run_facts_together() -> None:
    assert digest_of("a", "b") != digest_of("ab") != digest_of(["a", "b"])
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})


def test_a_stage_that_could_not_take_all_of_its_input_runs_again_though_nothing_changed(
    lake: Lake, home: DataHome
) -> None:
    left = [2, 1, 0]

    def compute(run: StageRun) -> tuple[Content, dict[str, Any]]:
        return frames_of("rows", run.lake), {UNFINISHED: bool(left.pop(0))}

    stage = declared(name="rows", reads=(Columns("submissions", ("path",)),), compute=compute, partitioned=True)
    lake.write("submissions", {"submissions": submissions(("a", *HERE))}, inputs="2")
    for more in (True, True, False):
        assert run_stage(stage.begin(lake, home, partition=HERE)).changed
        assert stage.unfinished(lake) == ([HERE] if more else [])
        assert stage.pending(lake, home) == {}
    assert not run_stage(stage.begin(lake, home, partition=HERE)).changed
