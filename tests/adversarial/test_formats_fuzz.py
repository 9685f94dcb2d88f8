"""2,000 damaged files: each is read or refused, no reader hangs or fails, and zip containers give no partial result."""

from pathlib import Path

from assets.intake.formats.isolation import ReaderPool
from assets.intake.formats.limits import Limits
from assets.intake.formats.reading import read_workbook
from assets.intake.formats.workbook import Unreadable, Workbook
from tests.support.fuzz import damaged
from tests.support.written import WRITERS

ROUNDS = 2_000
GRID = [["NO", "NAMA", "NIK", "UMUR"]] + [
    [number, f"WARGA {number}", f"917101010190{number:04}", 20 + number % 60] for number in range(1, 41)
]
CHECKED = {"xlsx", "ods"}
"""Formats with a checksum over every part: what is read is either everything or nothing."""


def texts(workbook: Workbook) -> list[list[str]]:
    return [[str(value) for value in row] for sheet in workbook.sheets for row in sheet.rows]


def test_damage_costs_a_file_its_reading_and_nothing_else(tmp_path: Path) -> None:
    good: list[tuple[str, bytes]] = []
    for number, (format_, write) in enumerate(WRITERS.values()):
        path = tmp_path / f"{number}.{format_}"
        write(path, GRID)
        good.append((format_, path.read_bytes()))
    cases = [(good[seed % len(good)], good[(seed // 7) % len(good)][1], seed) for seed in range(ROUNDS)]
    paths = []
    for (format_, data), other, seed in cases:
        paths.append(tmp_path / f"rusak-{seed}.{format_}")
        paths[-1].write_bytes(damaged(data, other, seed))
    with ReaderPool(limits=Limits(seconds=20)) as pool:
        whole = {
            number: texts(result)
            for number, result in pool.map(read_workbook, [(tmp_path / f"{n}.{f}",) for n, (f, _) in enumerate(good)])
        }
        answers = [result for _, result in pool.map(read_workbook, [(path,) for path in paths])]
    assert len(answers) == ROUNDS
    refused = {result.code for result in answers if isinstance(result, Unreadable)}
    assert not refused & {"timeout", "reader_failed"}
    for ((format_, _), _, seed), result in zip(cases, answers, strict=True):
        if format_ in CHECKED and isinstance(result, Workbook) and result.format in CHECKED:
            assert texts(result) == whole[seed % len(good)], seed
