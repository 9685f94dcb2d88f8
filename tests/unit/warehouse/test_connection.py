"""Where DuckDB keeps what does not fit into memory."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from warehouse.connection import memory, opened

LARGE = "CREATE TEMP TABLE texts AS SELECT repeat(md5(i::VARCHAR), 4) AS text FROM range(600000) t(i)"
LIMIT = "60MB"


def test_what_is_computed_in_memory_is_never_written_to_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with memory(memory_limit=LIMIT, threads=1) as con, pytest.raises(duckdb.OutOfMemoryException):
        con.execute(LARGE).fetchall()
    assert not [*tmp_path.iterdir()]


def test_what_does_not_fit_goes_beside_the_file_until_it_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, home = tmp_path / "work", tmp_path / "home"
    work.mkdir()
    home.mkdir()
    monkeypatch.chdir(work)
    with opened(home / "warehouse.duckdb", read_only=False) as con:
        con.execute(f"SET memory_limit = '{LIMIT}'; SET threads = 1").fetchall()
        con.execute(LARGE).fetchall()
        spilled = [path.name for path in (home / "warehouse.duckdb.tmp").iterdir()]
        assert con.execute("SELECT count(*) FROM texts").fetchall() == [(600_000,)]
    assert spilled
    assert not [*work.iterdir()]
    assert [path.name for path in home.iterdir()] == ["warehouse.duckdb"]
