"""Damaged files: each is read or refused, or ends its reader alone; zip containers give all of it or nothing.

2,000 in the test suite; `make fuzz ROUNDS=20000 SEED=7` tries as many others, and prints what came out.
"""

import os
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from assets.intake.formats.isolation import ReaderPool
from assets.intake.formats.limits import Limits
from assets.intake.formats.reading import read_workbook
from assets.intake.formats.workbook import Unreadable, Workbook
from tests.support.fuzz import damaged
from tests.support.written import WRITERS

ROUNDS = int(os.environ.get("FUZZ_ROUNDS") or 2_000)
SEED = int(os.environ.get("FUZZ_SEED") or 0)
MOST_MEMORY = 2_000_000
"""Of one reader, in kB."""
GRID = [["NO", "NAMA", "NIK", "UMUR"]] + [
    [number, f"WARGA {number}", f"917101010190{number:04}", 20 + number % 60] for number in range(1, 41)
]
CHECKED = {"xlsx", "ods"}
"""Formats with a checksum over every part: what is read is either everything or nothing."""


def texts(workbook: Workbook) -> list[list[str]]:
    return [[str(value) for value in row] for sheet in workbook.sheets for row in sheet.rows]


def memory_of(pids: list[int]) -> int:
    """The most that one of these processes has had in memory so far, in kB."""
    states = [path.read_text() for pid in pids if (path := Path(f"/proc/{pid}/status")).exists()]
    found = re.findall(r"VmHWM:\s+(\d+)", "".join(states))
    return max(map(int, found), default=0)


def test_damage_costs_a_file_its_reading_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good: list[tuple[str, bytes]] = []
    for number, (format_, write) in enumerate(WRITERS.values()):
        path = tmp_path / f"{number}.{format_}"
        write(path, GRID)
        good.append((format_, path.read_bytes()))
    cases = [(good[seed % len(good)], good[(seed // 7) % len(good)][1], seed) for seed in range(SEED, SEED + ROUNDS)]
    paths = []
    for (format_, data), other, seed in cases:
        paths.append(tmp_path / f"rusak-{seed}.{format_}")
        paths[-1].write_bytes(damaged(data, other, seed))
    with ReaderPool(limits=Limits(seconds=20)) as pool:
        whole = {
            number: texts(result)
            for number, result in pool.map(read_workbook, [(tmp_path / f"{n}.{f}",) for n, (f, _) in enumerate(good)])
        }
        answers, memory = [], 0
        for number, result in pool.map(read_workbook, [(path,) for path in paths]):
            answers.append(result)
            if number % 20 == 0:
                memory = max(memory, memory_of(pool.pids()))
    assert len(answers) == ROUNDS
    refused = {result.code for result in answers if isinstance(result, Unreadable)}
    if "FUZZ_ROUNDS" in os.environ:
        ends = Counter(result.code if isinstance(result, Unreadable) else "read" for result in answers)
        with capsys.disabled():
            told = f"{ROUNDS} files from seed {SEED}: {dict(ends.most_common())}; largest reader {memory // 1000} MB"
            sys.stdout.write(f"\n{told}\n")
    assert not refused & {"timeout", "reader_failed"}
    assert memory < MOST_MEMORY
    for ((format_, _), _, seed), result in zip(cases, answers, strict=True):
        if format_ in CHECKED and isinstance(result, Workbook) and result.format in CHECKED:
            assert texts(result) == whole[seed % len(good)], seed
