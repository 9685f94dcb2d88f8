"""Who reads the lake while another process replaces its tables reads whole tables, old or new, and no error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.unit.warehouse.test_lake import HERE, THERE, row_outcomes
from warehouse.lake import Lake

ROUNDS = 150
WRITER = """
import sys
from pathlib import Path
from tests.unit.warehouse.test_lake import HERE, row_outcomes
from warehouse.lake import Lake
lake = Lake(Path(sys.argv[1]))
for number in range(1, int(sys.argv[2]) + 1):
    rows = row_outcomes(*(10 * number + k for k in range(1, number % 3 + 2)))
    lake.write("records", {"row_outcomes": rows}, inputs=str(number), partition=HERE)
"""


def test_reader_and_writer_at_once(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for partition in (HERE, THERE):
        lake.write("records", {"row_outcomes": row_outcomes(1)}, inputs="0", partition=partition)
    writer = subprocess.Popen([sys.executable, "-c", WRITER, tmp_path, str(ROUNDS)])
    seen: set[int] = set()
    while writer.poll() is None:
        rows = list(lake.read("row_outcomes", HERE)["row"])
        number = rows[0] // 10
        assert rows == [10 * number + k for k in range(1, number % 3 + 2)]
        seen.add(number)
    assert writer.returncode == 0
    assert len(seen) > 3
    manifest = lake.manifest("records", HERE)
    assert manifest is not None and manifest.inputs == str(ROUNDS)
    assert list(lake.read("row_outcomes", THERE)["row"]) == [1]
    lake.sweep()
    assert sorted(tmp_path.rglob("*.parquet")) == sorted(lake.files("row_outcomes"))


def test_what_is_being_read_stays_until_nobody_reads(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write("records", {"row_outcomes": row_outcomes(1)}, inputs="1", partition=HERE)
    (old,) = lake.files("row_outcomes")
    with lake.in_use():
        lake.write("records", {"row_outcomes": row_outcomes(2)}, inputs="2", partition=HERE)
        assert old.exists()
        assert lake.sweep() == 0
    assert lake.sweep() == 1
    assert not old.exists()
    assert list(lake.read("row_outcomes")["row"]) == [2]
