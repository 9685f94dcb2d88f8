"""A call that dies, hangs, asks for too much or fails costs itself alone; all others answer, in order."""

import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.intake.formats.isolation import ReaderPool
from assets.intake.formats.limits import Limits
from assets.intake.formats.reading import read_workbook
from assets.intake.formats.workbook import Unreadable
from tests.support.readers import held_until
from tests.support.written import raw_xlsx, sheet_xml


def code(result: object) -> str | None:
    return result.code if isinstance(result, Unreadable) else None


def test_answers_come_in_the_order_of_the_calls() -> None:
    with ReaderPool(workers=2) as pool:
        answers = list(pool.map(divmod, [(number, 7) for number in range(500)]))
    assert answers == [(number, divmod(number, 7)) for number in range(500)]


def test_a_pool_serves_one_map_after_another_with_the_same_children() -> None:
    with ReaderPool(workers=2) as pool:
        assert list(pool.map(abs, [(-1,)])) == [(0, 1)]
        before = pool.pids()
        assert list(pool.map(abs, [(-2,)])) == [(0, 2)]
        assert pool.pids() == before


def test_a_child_that_aborts_costs_one_call() -> None:
    with ReaderPool(workers=2) as pool:
        aborted = [result for _, result in pool.map(os.kill, [(0, 0), (0, 0)])]
        assert aborted == [None, None]
        codes = [code(result) for _, result in pool.map(os._exit, [(1,), (1,), (1,)])]
        assert codes == ["reader_died"] * 3
        assert list(pool.map(abs, [(-1,), (-2,)])) == [(0, 1), (1, 2)]


def end_begun(there: Path, pool: ReaderPool, times: int, how: signal.Signals = signal.SIGKILL) -> threading.Thread:
    """End the pool's only child from outside, so many times, each time once it has begun the call that waits for the
    file `there` (`held_until`); make that file then."""
    begun = Path(f"{there}.begun")

    def ending() -> None:
        for _ in range(times):
            while not begun.exists():
                time.sleep(0.01)
            begun.unlink()
            os.kill(pool.pids()[0], how)
        there.touch()

    thread = threading.Thread(target=ending)
    thread.start()
    return thread


@pytest.fixture
def deaf() -> Iterator[None]:
    """This process ignores SIGTERM, as Dagster lets one do that was started in the background of a script."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("deaf")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_call_whose_child_is_ended_from_outside_is_made_again_on_a_fresh_one(
    tmp_path: Path, how: signal.Signals
) -> None:
    with ReaderPool(workers=1) as pool:
        list(pool.map(abs, [(-1,)]))
        before = pool.pids()
        ending = end_begun(tmp_path / "there", pool, 1, how)
        answers = [result for _, result in pool.map(held_until, [(str(tmp_path / "there"),)] * 3)]
        ending.join()
        assert pool.pids() != before
    assert answers == [None, None, None]


def test_a_call_whose_children_are_ended_twice_costs_that_call(tmp_path: Path) -> None:
    with ReaderPool(workers=1) as pool:
        list(pool.map(abs, [(-1,)]))
        ending = end_begun(tmp_path / "there", pool, 2)
        answers = [result for _, result in pool.map(held_until, [(str(tmp_path / "there"),)] * 3)]
        ending.join()
    assert [code(answer) for answer in answers] == ["reader_killed", None, None]


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_a_call_that_ends_its_child_itself_is_not_made_again(number: int) -> None:
    with ReaderPool(workers=1) as pool:
        answers = [result for _, result in pool.map(signal.raise_signal, [(number,)])]
    assert code(answers[0]) == "reader_died"


def test_a_child_killed_while_idle_costs_nothing() -> None:
    with ReaderPool(workers=1) as pool:
        list(pool.map(abs, [(-1,)]))
        os.kill(pool.pids()[0], signal.SIGKILL)
        time.sleep(0.1)
        assert list(pool.map(abs, [(-1,), (-2,)])) in ([(0, 1), (1, 2)],)


def test_a_call_that_hangs_is_ended() -> None:
    with ReaderPool(workers=2, limits=Limits(seconds=1)) as pool:
        answers = [result for _, result in pool.map(time.sleep, [(0,), (60,), (0,), (0.1,)])]
    assert [code(answer) for answer in answers] == [None, "timeout", None, None]


def test_memory_is_bounded() -> None:
    with ReaderPool(workers=1, limits=Limits(memory_bytes=200_000_000)) as pool:
        answers = [result for _, result in pool.map(bytearray, [(10,), (10**9,), (10,)])]
    assert [code(answer) for answer in answers] == [None, "too_large", None]


def test_a_failure_of_ours_is_logged_by_type_and_place_without_values(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), ReaderPool(workers=1) as pool:
        [(_, result), (_, after)] = list(pool.map(int, [("9171010101900001x",), ("3",)]))
    assert (code(result), after) == ("reader_failed", 3)
    assert "ValueError" in caplog.text
    assert "9171010101900001" not in caplog.text + str(result)


def test_a_caller_that_stops_half_way_leaves_the_pool_usable() -> None:
    with ReaderPool(workers=2) as pool:
        for _, _ in pool.map(time.sleep, [(0,), (30,), (30,)]):
            break
        assert list(pool.map(abs, [(-1,)])) == [(0, 1)]


def test_no_child_outlives_its_pool() -> None:
    with ReaderPool(workers=2) as pool:
        list(pool.map(abs, [(-1,)]))
        pids = pool.pids()
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_a_pool_within_another_borrows_its_children() -> None:
    with ReaderPool(workers=1) as outer:
        list(outer.map(abs, [(-1,)]))
        before = outer.pids()
        with ReaderPool(workers=1) as inner:
            assert list(inner.map(os.getpid, [()])) == [(0, before[0])]
        assert list(outer.map(os.getpid, [()])) == [(0, before[0])]


def test_a_pool_borrows_no_child_that_is_at_work_or_has_other_limits() -> None:
    with ReaderPool(workers=1) as outer:
        for _, pid in outer.map(os.getpid, [(), ()]):
            with ReaderPool(workers=1) as inner:
                assert list(inner.map(os.getpid, [()])) != [(0, pid)]
        with ReaderPool(workers=1, limits=Limits(seconds=1)) as other:
            assert list(other.map(os.getpid, [()])) != [(0, pid)]


def test_an_extent_hidden_from_the_search_kills_only_its_reader(tmp_path: Path) -> None:
    hidden = tmp_path / "jauh.xlsx"
    far = "<row r='1'><c r='A1'><v>1</v></c></row><row r = '1048576'><c r = 'XFD1048576'><v>1</v></c></row><row r='2'/>"
    hidden.write_bytes(raw_xlsx(sheet_xml(far)))
    good = tmp_path / "desa.xlsx"
    good.write_bytes(raw_xlsx(sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>')))
    with ReaderPool(workers=1) as pool:
        answers = [result for _, result in pool.map(read_workbook, [(good,), (hidden,), (good,)])]
    assert isinstance(answers[1], Unreadable)
    assert [answers[at].sheets[0].rows for at in (0, 2)] == [[[1]], [[1]]]
