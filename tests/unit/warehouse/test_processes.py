"""Work shared out among helpers comes to what it comes to here, whatever happens to a helper."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.finished import PROJECT
from tests.support.helpers import die_in, inverse, process_of, say_and_work
from warehouse.files import lives
from warehouse.processes import FEW, Ahead, shared_out

MANY = 3 * FEW
SLOW = """
import sys
from pathlib import Path
from tests.support.helpers import say_and_wait
from warehouse.processes import shared_out
list(shared_out(say_and_wait, [(Path(sys.argv[1]), n) for n in range(40)], workers=2))
"""
ENDLESS = """
import sys
from pathlib import Path
from tests.support.helpers import say_and_work
from warehouse.processes import Ahead
Ahead(say_and_work, Path(sys.argv[1])).result()
"""


def until(holds: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()


def test_many_calls_go_to_helpers_and_few_stay_here() -> None:
    many = dict(shared_out(process_of, [(n,) for n in range(MANY)], workers=2))
    assert sorted(many) == list(range(MANY))
    assert os.getpid() not in many.values() and len(set(many.values())) == 2
    assert not [process for process in set(many.values()) if lives(process)]
    few = dict(shared_out(process_of, [(n,) for n in range(FEW)], workers=2))
    assert few == {n: os.getpid() for n in range(FEW)}
    assert os.getpid() not in dict(shared_out(process_of, [(1,)], workers=2, at_once=True)).values()


def test_a_call_that_failed_raises_here_what_it_raises() -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        list(shared_out(inverse, [(MANY - n,) for n in range(MANY + 1)], workers=2))
    assert raised.traceback[-1].name == "inverse"


def test_a_helper_that_is_killed_costs_no_result() -> None:
    calls = [(n, os.getpid()) for n in range(MANY)]
    assert sorted(shared_out(die_in, calls, workers=2)) == list(range(MANY))


def test_who_stops_half_way_leaves_no_helper() -> None:
    results = shared_out(process_of, [(n,) for n in range(MANY)], workers=2)
    helpers = {process for _, process in (next(results) for _ in range(8))}
    results.close()  # type: ignore[attr-defined]
    assert not [process for process in helpers if lives(process)]


@pytest.mark.parametrize(("program", "helpers"), [(SLOW, 2), (ENDLESS, 1)])
def test_helpers_of_a_killed_process_end_wherever_they_are(program: str, helpers: int, tmp_path: Path) -> None:
    env = os.environ | {"PYTHONPATH": str(PROJECT)}
    parent = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], env=env)
    try:
        assert until(lambda: len(list(tmp_path.iterdir())) == helpers)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    assert until(lambda: not [path for path in tmp_path.iterdir() if lives(int(path.name))])


def test_a_call_ahead_is_made_by_a_helper_while_this_process_goes_on() -> None:
    ahead = [Ahead(process_of, number) for number in (1, 2)]
    made = [each.result() for each in ahead]
    assert [number for number, _ in made] == [1, 2]
    assert os.getpid() not in dict(made).values()
    assert not [process for _, process in made if lives(process)]


def test_a_call_ahead_that_failed_is_made_here_and_raises_what_it_raises() -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        Ahead(inverse, 0).result()
    assert raised.traceback[-1].name == "inverse"
    assert Ahead(die_in, 5, os.getpid()).result() == 5


def test_a_call_ahead_that_nobody_asks_for_ends(tmp_path: Path) -> None:
    ahead = Ahead(say_and_work, tmp_path)
    assert until(lambda: any(tmp_path.iterdir()))
    ahead.end()
    assert not [path for path in tmp_path.iterdir() if lives(int(path.name))]
