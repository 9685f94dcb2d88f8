"""What killed processes left half-written goes at the start of the next run; what a living one writes stays."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from pathlib import Path

from tests.support.finished import PROJECT
from tests.support.inbox import VILLAGE, home_in, refresh, write_list
from warehouse.files import replacing, scratch_folder, sweep

KILLED = """
import os, sys
from pathlib import Path
from warehouse.connection import opened
from warehouse.files import replacing, scratch_folder

open_ones = [scratch_folder(Path(sys.argv[1]))]
(open_ones[0].__enter__() / "copy.parquet").write_bytes(b"whole")
for name in sys.argv[2:]:
    open_ones.append(replacing(Path(name)))
    beside = open_ones[-1].__enter__()
    if name.endswith(".duckdb"):
        writing = opened(beside, read_only=False)
        open_ones.append(writing)
        con = writing.__enter__()
        con.execute("CREATE TABLE t AS SELECT * FROM range(1000)").fetchall()
    else:
        beside.write_bytes(b"half")
os.kill(os.getpid(), 9)
"""


def test_a_run_sweeps_away_what_a_killed_process_left_and_nothing_else(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    targets = [
        home.archive / ".incoming-abc",
        home.lake / "rows" / "part-1.parquet",
        home.published / "rehsos" / "rujukan.xlsx",
        home.published / "rehsos" / "rujukan.duckdb",
        home.corrections / "16.10.05.2036" / "a - PERBAIKAN.xlsx",
        home.root / ".warehouse.duckdb.json",
        home.key_file,
        home.review / "decisions.jsonl",
        home.audit / "chain.jsonl",
    ]
    done = subprocess.run([sys.executable, "-c", KILLED, home.root, *targets], cwd=PROJECT, check=False)
    assert done.returncode == -9
    (home.archive / ".incoming-def").write_bytes(b"whole, but not named yet")
    named = home.published / "rehsos" / ".rujukan.kept.part"
    named.write_bytes(b"not of this form")
    left = sorted(path for path in home.root.rglob(".*") if path.name != ".lock" and path.is_file())
    assert len(left) > len(targets) + 1
    assert any(path.name.endswith(".part.wal") for path in left)
    assert len(list(home.root.glob(".scratch-*/copy.parquet"))) == 1
    write_list(home.inbox / "16.10.05.2036" / "2024" / "pmks.csv", VILLAGE)
    refresh(home, "next", datetime(2025, 1, 1))
    assert sorted(path for path in left if path.exists()) == [named]
    assert not list(home.root.glob(".scratch-*"))


def test_what_a_living_process_writes_is_left_alone(tmp_path: Path) -> None:
    with replacing(tmp_path / "published" / "rujukan.xlsx") as beside, scratch_folder(tmp_path) as scratch:
        beside.write_bytes(b"being written")
        assert sweep(tmp_path) == 0
        with scratch_folder(tmp_path) as other:
            assert scratch.is_dir() and other.is_dir() and scratch != other
    assert (tmp_path / "published" / "rujukan.xlsx").read_bytes() == b"being written"
