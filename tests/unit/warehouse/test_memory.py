"""Memory that was freed: kept, and given back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SAID = """
import resource, sys
import numpy as np, pyarrow as pa
from warehouse.memory import give_back, keep_freed
if "keep" in sys.argv:
    keep_freed()

def resident():
    with open("/proc/self/statm") as said:
        return int(said.read().split()[1])

def asked_for():
    held = [np.ones(1 << 20) for _ in range(8)] + [pa.array(np.ones(1 << 20) + 1) for _ in range(8)]
    return len(held)

asked_for()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(8):
    asked_for()
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
held = resident()
give_back()
print(faults, held, resident())
"""

OF_THREADS = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
import numpy as np
from warehouse.memory import give_back, keep_freed
keep_freed()
all_there = Barrier(4)

def resident():
    with open("/proc/self/statm") as said:
        return int(said.read().split()[1])

def asked_for(_):
    all_there.wait()
    held = [np.ones(1 << 13) for _ in range(700)]
    all_there.wait()

before = resident()
with ThreadPoolExecutor(4) as threads:
    list(threads.map(asked_for, range(4)))
    held = resident()
    give_back()
    print(held - before, resident() - before)
"""

BEGUN = """
import sys
from pathlib import Path
import numpy as np
from warehouse.home import DataHome
from warehouse.lake import Lake, Partition
from warehouse.memory import keep_freed
from warehouse.stage import Stage

keep_freed()
root = Path(sys.argv[1])

def resident():
    with open("/proc/self/statm") as said:
        return int(said.read().split()[1])

stage = Stage(name="outcomes", reads=(), module="warehouse.files")
stage.begin(Lake(root), DataHome(root, root))
held = [np.ones(1 << 20) for _ in range(64)]
del held
before = resident()
stage.begin(Lake(root), DataHome(root, root), partition=Partition("16.10", "2024"))
between = resident()
stage.begin(Lake(root), DataHome(root, root))
print(before, between, resident())
"""


def _measured(*arguments: str) -> tuple[int, ...]:
    """Page faults of asking for the same memory eight times; pages held after it, and after giving back."""
    done = subprocess.run([sys.executable, "-c", SAID, *arguments], capture_output=True, text=True, check=True)
    return tuple(map(int, done.stdout.split()))


def test_what_was_freed_is_kept_until_it_is_given_back() -> None:
    faults, held, left = _measured("keep")
    faults_by_itself, *_ = _measured()
    assert faults * 4 < faults_by_itself
    assert left < held / 2


def test_what_threads_freed_is_kept_and_given_back_like_all_else() -> None:
    done = subprocess.run([sys.executable, "-c", OF_THREADS], capture_output=True, text=True, check=True)
    held, left = map(int, done.stdout.split())
    assert held > 4 * 700 * 16 / 2  # pages of 4 KB
    assert left < held / 10


def test_a_stage_begins_with_what_others_freed_given_back_unless_it_is_one_of_many_partitions(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", BEGUN, str(tmp_path)], capture_output=True, text=True, check=True)
    before, between, after = map(int, done.stdout.split())
    assert between > before - before // 10
    assert after < before / 2
