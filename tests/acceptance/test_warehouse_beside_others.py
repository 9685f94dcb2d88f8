"""A helper brings the warehouse of many people in line while reports and corrections are made; it comes to the same."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, ClassVar

import dagster as dg
import pytest

import warehouse.refresh as refresh
from assets.publications import assets
from assets.publications.stages import warehouse as stage
from pipelines.definitions import build
from pipelines.progress import Silent
from tests.support.inbox import VILLAGE, home_in, write_list
from tests.support.same_state import differences
from warehouse.connection import opened
from warehouse.home import DataHome
from warehouse.processes import Ahead

LISTS = "16.10.05.2036/2024"


class Watched(Ahead):
    """A call ahead that says so; `killed`: its helper is killed before it is asked for what came out."""

    begun: ClassVar[list[str]] = []
    killed = False

    def __init__(self, function: Any, *call: Any) -> None:
        super().__init__(function, *call)
        self.begun.append(function.__name__)

    def result(self) -> Any:
        if self.killed:
            self._helper._process.kill()
        return super().result()


@pytest.fixture(autouse=True)
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls that helpers were asked to make ahead, where one record is many."""
    monkeypatch.setattr(stage, "MANY", 1)
    monkeypatch.setattr(refresh, "Ahead", Watched)
    monkeypatch.setattr(Watched, "begun", [])
    return Watched.begun


def refreshed(home: DataHome, only: Collection[str] = ()) -> bool:
    """Whether a refresh succeeded: of all assets, or of some that stand under `publications` and `audit`."""
    chosen = [dg.AssetKey(key.split("/")) for key in only] or None
    with dg.DagsterInstance.ephemeral() as instance:
        job = build(home, Silent()).resolve_job_def("full_refresh")
        return job.execute_in_process(instance=instance, asset_selection=chosen, raise_on_error=False).success


def home_with_a_list(root: Path, rows: int = len(VILLAGE)) -> DataHome:
    home = home_in(root)
    home.make()
    write_list(home.inbox / LISTS / "daftar.csv", VILLAGE[:rows])
    return home


@pytest.mark.parametrize("killed", [False, True])
def test_beside_others_the_warehouse_comes_to_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: list[str], killed: bool
) -> None:
    monkeypatch.setattr(Watched, "killed", killed)
    beside, alone = (home_with_a_list(tmp_path / name) for name in ("beside", "alone"))
    for rows in (len(VILLAGE), len(VILLAGE) - 1):
        for home in (beside, alone):
            monkeypatch.setattr(stage, "MANY", 1 if home is beside else 1_000)
            write_list(home.inbox / LISTS / "daftar.csv", VILLAGE[:rows])
            assert refreshed(home)
        assert list(differences(alone.root, beside.root)) == []
    assert begun == ["replace_warehouse"] * 2
    with opened(beside.warehouse, read_only=True) as con:
        assert con.execute("SELECT count(*) FROM records.accepted").fetchone() == (len(VILLAGE) - 1,)


def test_what_is_in_line_starts_no_helper(tmp_path: Path, begun: list[str]) -> None:
    home = home_with_a_list(tmp_path)
    assert refreshed(home) and refreshed(home)
    assert begun == ["replace_warehouse"]


def test_a_helper_starts_only_where_the_run_comes_to_the_warehouse(tmp_path: Path, begun: list[str]) -> None:
    home = home_with_a_list(tmp_path)
    assert refreshed(home)
    write_list(home.inbox / LISTS / "daftar.csv", VILLAGE[1:])
    last = home.warehouse.read_bytes()
    assert refreshed(home, ["audit/runs", "publications/reports", "publications/corrections"])
    assert begun == ["replace_warehouse"] and home.warehouse.read_bytes() == last


def test_no_helper_starts_after_a_step_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: list[str]
) -> None:
    home = home_with_a_list(tmp_path)

    def fails(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(assets, "log_run", fails)
    assert not refreshed(home)
    assert not begun and not home.warehouse.exists()
    assert list(home.reports.glob("*/*.html"))
