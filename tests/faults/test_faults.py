"""A seeded part of all faults, for every day; `make test-faults` tries hundreds of each kind."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.faults.disks import failing, full
from tests.faults.kills import kills_at_calls, kills_beside
from tests.faults.layer import FEW, READING, Call, Layer
from tests.faults.names import names_and_sidecars
from tests.faults.oracle import NEITHER, faults_after_kill, faults_of_state
from tests.faults.orders import clocks, orders
from tests.faults.scenes import Workshop
from tests.faults.torn import kind_of, with_nothing_new
from tests.faults.tries import Try, table
from tests.support.result import result_of
from warehouse.files import appearance_of
from warehouse.last_look import LastLook


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("faults"))


def unsurvived(tries: Iterable[Try], fewest: int) -> list[Try]:
    """The tries that were not survived, of at least so many."""
    done = list(tries)
    assert len(done) >= fewest
    return [each for each in done if not each.survived]


def test_a_run_killed_at_system_calls_comes_to_the_same(workshop: Workshop) -> None:
    assert unsurvived(kills_at_calls(workshop, workshop.first(), 1, 3), 3) == []


@pytest.mark.parametrize("note", [".rujukan.json", ".sha256", ".xlsx.yml"])
def test_what_goes_with_a_workbook_is_not_lost_by_a_kill_beside_it(workshop: Workshop, note: str) -> None:
    scene = workshop.first().without_dagster()
    home = scene.begin(workshop.folder / "beside")
    left = 1

    def kill(call: Call) -> None:
        nonlocal left
        if call.name.startswith("rename") and call.path.endswith(note) and left:
            left = 0
            os.killpg(os.getsid(call.process), signal.SIGKILL)

    arguments = scene.step(0, home)
    with Layer([home], kill, calls=FEW) as layer:
        assert workshop.commands.start(*arguments, layer=layer).end().code == -signal.SIGKILL
    workshop.done(*arguments)
    assert faults_of_state(home, scene.after) == []


def test_a_full_disk_and_a_failing_one_are_said_and_change_nothing(workshop: Workshop) -> None:
    assert unsurvived(full(workshop, workshop.first(), 2, 1), 1) == []
    assert unsurvived(failing(workshop, workshop.first(), 3, 1), 1) == []


@pytest.mark.parametrize("times", [1, 1000], ids=["once", "for good"])
def test_an_original_that_the_disk_does_not_give_costs_its_own_list_a_run_at_most(
    workshop: Workshop, times: int
) -> None:
    scene = workshop.first()
    home = scene.begin(workshop.folder / "failing")
    arguments = scene.step(0, home)
    refused: list[str] = []

    def refuse(call: Call) -> int | None:
        mine = call.path == refused[0] if refused else call.path.startswith(f"{home}/archive/")
        if not mine or len(refused) == times:
            return None
        refused.append(call.path)
        return errno.EIO

    with Layer([home], refuse, calls=READING) as layer:
        ended = workshop.commands.start(*arguments, layer=layer).end()
    assert (len(set(refused)), ended.code) == (1, 0)
    waits = "of a list never read before nobody is referred yet" in " ".join(ended.said.split())
    assert (waits, faults_after_kill(home, scene)) == ((False, []) if times == 1 else (True, [NEITHER]))
    workshop.done(*arguments)
    assert result_of(home) == result_of(scene.after)


def test_kills_while_a_helper_brings_the_warehouse_in_line_come_to_the_same(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, beside=True)
    tries = list(kills_beside(workshop, workshop.first(), 7, 1))
    assert unsurvived(tries, 1) == []
    assert all(each.where.startswith("first: run, ") for each in tries)


def test_a_home_to_begin_with_is_known_by_its_look_and_a_torn_file_in_it_is_mended(workshop: Workshop) -> None:
    scene = with_nothing_new(workshop.first())
    home = scene.begin(workshop.folder / "known")
    torn = min(home.glob("lake/accepted/**/*.parquet"))
    whole, looked = torn.read_bytes(), appearance_of(f"{home}/lake/_looks.json")
    assert LastLook(home / "lake").knows(torn, torn.stem.removeprefix("part-"))
    torn.chmod(0o600)
    torn.write_bytes(whole[:-1])
    workshop.done(*scene.step(0, home))
    assert torn.read_bytes() == whole
    assert appearance_of(f"{home}/lake/_looks.json") == looked  # all was registered at a glance
    assert faults_of_state(home, scene.after) == []


def test_lists_in_any_order_with_any_clock_come_to_the_same(tmp_path: Path) -> None:
    assert unsurvived(orders(tmp_path, 4, 2), 2) == []
    assert unsurvived(clocks(tmp_path, 5, 1), 1) == []


def test_names_and_sidecars_cost_their_own_list_at_most(workshop: Workshop) -> None:
    assert unsurvived(names_and_sidecars(workshop, 6, 12), 24) == []


def test_the_oracle_sees_what_it_must(workshop: Workshop, tmp_path: Path) -> None:
    scene = workshop.first()
    home = scene.begin(tmp_path / "home")
    assert faults_of_state(home, scene.after) == ["no warehouse"]
    workshop.done(*scene.step(0, home))
    assert faults_of_state(home, scene.after) == []
    workbook = home / "published" / "rehsos" / "rujukan.xlsx"
    workbook.write_bytes(workbook.read_bytes()[:-2000])
    assert faults_after_kill(home, scene) == ["published/rehsos/rujukan.xlsx is torn: BadZipFile"]
    (home / "published" / "rehsos" / ".rujukan.xlsx.1.part").touch()
    (home / "published" / "rehsos" / "rujukan.parquet").unlink()
    workbook.unlink()
    found = faults_of_state(home, scene.after)
    assert found == ["published: 1 files more, 2 missing", "left behind: 1 files or folders"]


def test_every_file_of_a_home_is_of_a_kind_that_is_torn(finished: Path) -> None:
    found = {kind_of(finished, path) for path in finished.rglob("*") if path.is_file()}
    assert {"the chain", "the secret key", "what a directorate gets, Parquet", "an original in the archive"} <= found
    with pytest.raises(LookupError, match=r"published/new\.txt is of no kind"):
        kind_of(finished, finished / "published" / "new.txt")


def test_the_table_counts_tries_and_what_was_survived() -> None:
    tries = [Try("kill", "a"), Try("kill", "b", ("lost",)), Try("clock", "c")]
    lines = ["| kill | 2 | 1 |", "| clock | 1 | 1 |", "| **all** | **3** | **2** |"]
    assert table(tries).splitlines()[2:] == lines
