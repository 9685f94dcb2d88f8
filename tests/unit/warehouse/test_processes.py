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
from tests.support.helpers import die_in, inverse, process_of
from warehouse.files import lives
from warehouse.processes import FEW, shared_out

MANY = 3 * FEW
SLOW = """
import sys
from pathlib import Path
from tests.support.helpers import say_and_wait
from warehouse.processes import shared_out
list(shared_out(say_and_wait, [(Path(sys.argv[1]), n) for n in range(40)], workers=2))
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


def test_helpers_of_a_killed_process_end(tmp_path: Path) -> None:
    env = os.environ | {"PYTHONPATH": str(PROJECT)}
    parent = subprocess.Popen([sys.executable, "-c", SLOW, str(tmp_path)], env=env)
    try:
        assert until(lambda: len(list(tmp_path.iterdir())) == 2)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    assert until(lambda: not [path for path in tmp_path.iterdir() if lives(int(path.name))])
