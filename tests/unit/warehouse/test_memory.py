"""Memory that was freed: kept, and given back."""

from __future__ import annotations

import subprocess
import sys

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


def _measured(*arguments: str) -> tuple[int, ...]:
    """Page faults of asking for the same memory eight times; pages held after it, and after giving back."""
    done = subprocess.run([sys.executable, "-c", SAID, *arguments], capture_output=True, text=True, check=True)
    return tuple(map(int, done.stdout.split()))


def test_what_was_freed_is_kept_until_it_is_given_back() -> None:
    faults, held, left = _measured("keep")
    faults_by_itself, *_ = _measured()
    assert faults * 4 < faults_by_itself
    assert left < held / 2
