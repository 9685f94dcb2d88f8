"""One refresh at a time, over what was registered and read when it began; registering goes on beside it."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from assets.publications.stages.warehouse import WAREHOUSE
from tests.support.helpers import process_and_run, say_and_work
from tests.support.inbox import home_in
from tests.unit.warehouse.test_lake import HERE, THERE, receipts, row_outcomes
from warehouse.chain import RUN, ShortenedLedgerError, add_link, state_of
from warehouse.files import lives, locked_if_free
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.refresh import Refresh, nobody_else, registering


@pytest.fixture
def home(tmp_path: Path) -> DataHome:
    return home_in(tmp_path)


def test_what_is_registered_and_read_meanwhile_belongs_to_the_next(home: DataHome) -> None:
    lake = Lake(home.lake)
    lake.write("submissions", {"receipts": receipts("a.xlsx")}, inputs="1")
    lake.write("records", {"row_outcomes": row_outcomes(1)}, inputs="1", partition=HERE)
    with Refresh(home, ("submissions", "records")) as refresh:
        before = refresh.lake.digest("submissions", "records")
        lake.write("submissions", {"receipts": receipts("a.xlsx", "b.xlsx")}, inputs="2")
        lake.write("records", {"row_outcomes": row_outcomes(2, 3)}, inputs="2", partition=HERE)
        lake.write("records", {"row_outcomes": row_outcomes(4)}, inputs="2", partition=THERE)
        assert list(refresh.lake.read("receipts")["path"]) == ["a.xlsx"]
        assert list(refresh.lake.read("row_outcomes")["row"]) == [1]
        assert list(refresh.lake.read("row_outcomes", HERE)["row"]) == [1]
        assert refresh.lake.read("row_outcomes", THERE).empty
        assert refresh.lake.partitions("records") == [HERE]
        assert refresh.lake.manifest("records", THERE) is None
        assert (refresh.lake.rows("receipts"), refresh.lake.digest("submissions", "records")) == (1, before)
        assert lake.rows("receipts") == 2
    assert {path for table in ("receipts", "row_outcomes") for path in lake.files(table)} == {
        path for path in home.lake.rglob("*.parquet") if "_copies" not in path.parts
    }


def test_what_the_refresh_itself_writes_is_seen_at_once(home: DataHome) -> None:
    with Refresh(home, ("submissions",)) as refresh:
        refresh.lake.write("records", {"row_outcomes": row_outcomes(1)}, inputs="1", partition=HERE)
        assert list(refresh.lake.read("row_outcomes")["row"]) == [1]


def test_one_refresh_goes_on_at_a_time_and_registering_waits_for_none(home: DataHome) -> None:
    entered = threading.Event()

    def another() -> None:
        with Refresh(home, ()) as second:
            assert second.lake.root == home.lake
            entered.set()

    with Refresh(home, ()) as first:
        assert first.lake is first.lake
        waiting = threading.Thread(target=another)
        waiting.start()
        with registering(home):
            assert not entered.wait(0.3)
    assert entered.wait(60)
    waiting.join()


def test_no_refresh_begins_where_decisions_are_lost(home: DataHome) -> None:
    ledger = home.review / "decisions.jsonl"
    whole = b'{"a": 1}\n{"b": 2}\n'
    ledger.write_bytes(whole + b'{"never confir')
    add_link(home, RUN, {"run_id": "r1", "ledgers": {"review/decisions.jsonl": state_of(ledger)}})
    for kept in (whole, whole + b'{"c": 3}\n'):
        ledger.write_bytes(kept)
        with Refresh(home, ()) as refresh:
            assert refresh.lake.root == home.lake
    for cut in (whole[:-1], whole[:9], b"", whole.replace(b"2", b"3")):
        ledger.write_bytes(cut)
        with Refresh(home, ()) as refresh:
            for _ in range(2):  # who asks again waits for nobody
                with pytest.raises(ShortenedLedgerError, match=r"decisions\.jsonl does not begin .* run r1; bring"):
                    assert refresh.lake


def test_a_refresh_that_no_stage_asks_for_keeps_nobody_out(home: DataHome) -> None:
    with Refresh(home, ()), nobody_else(home), locked_if_free(home.lock) as free:
        assert not free


def test_work_ahead_is_done_by_a_helper_and_all_other_where_it_is_asked_for(home: DataHome) -> None:
    with Refresh(home, ()) as refresh:
        run = WAREHOUSE.begin(refresh.lake, home, run_id="r1")
        refresh.ahead("records:here", process_and_run, run)
        assert refresh.is_untouched("records:there") and not refresh.is_untouched("records:here")
        process, run_id = refresh.result("records:here", process_and_run, run)
        assert run_id == "r1" and process != os.getpid()
        assert refresh.result("records:there", process_and_run, run) == (os.getpid(), "r1")
        assert refresh.done == {"records:here", "records:there"}


def test_work_ahead_does_not_outlive_its_refresh(home: DataHome, tmp_path: Path) -> None:
    told = tmp_path / "told"
    told.mkdir()
    with Refresh(home, ()) as refresh:
        assert refresh.lake.root == home.lake
        refresh.ahead("records", say_and_work, told)
        while not any(told.iterdir()):
            time.sleep(0.02)
    assert not [path for path in told.iterdir() if lives(int(path.name))]
