"""What a failed run tells: the place and the cause, and never a value that a person typed."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, InstigatorType, TickData, TickStatus
from dagster_shared.error import SerializableErrorInfo
from sqlalchemy import create_engine, text

from assets.referrals.rules import load_rules
from pipelines.failures import error_classes, error_line, failing_sensors, failure_lines
from warehouse.connection import opened
from warehouse.home import DataHome
from warehouse.lake import Lake

HOLDS = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


def raised_by(action: Callable[[], object]) -> Exception:
    with pytest.raises(Exception) as caught:
        action()
    return caught.value


def line(error: Exception, root: Path) -> str:
    return error_line(error, DataHome(root=root, inbox=root / "inbox"), "test")


def test_a_value_in_a_librarys_message_is_not_shown(tmp_path: Path) -> None:
    frame = pd.DataFrame({"path": ["a"], "submission_id": ["x"], "received_at": ["SITI AMINAH"], "seq": [1]})
    error = raised_by(lambda: Lake(tmp_path).write("submissions", {"receipts": frame}, inputs="i"))
    message = line(error, tmp_path)
    assert "SITI" in str(error)
    assert "SITI" not in message
    assert "warehouse/arrow.py:" in message


def test_the_problems_of_a_rule_file_are_shown(tmp_path: Path) -> None:
    (tmp_path / "aturan.csv").write_text("bukan\n1\n", encoding="utf-8")
    message = line(raised_by(lambda: load_rules(tmp_path / "aturan.csv")), tmp_path)
    assert message.startswith("RuleError: Aturan aturan tidak dapat dipakai")


def test_a_locked_warehouse_is_named_with_the_process_that_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"

        def open_it() -> None:
            with opened(path, read_only=False):
                pass

        message = line(raised_by(open_it), tmp_path)
        holder.communicate("")
    assert "Conflicting lock" in message
    assert str(holder.pid) in message


def test_a_damaged_record_of_runs_is_told_in_the_words_of_sqlite(tmp_path: Path) -> None:
    damaged = tmp_path / "runs.db"
    with sqlite3.connect(damaged) as con:
        con.execute("CREATE TABLE runs (name TEXT)")
    damaged.write_bytes(damaged.read_bytes()[:4096] + b"\0" * 4096)

    @dg.op
    def record() -> None:
        with create_engine(f"sqlite:///{damaged}").begin() as connection:
            connection.execute(text("INSERT INTO runs VALUES (:name)"), {"name": "SITI AMINAH"})

    @dg.job
    def recording() -> None:
        record()

    done = recording.execute_in_process(raise_on_error=False)
    failures = [event for event in done.all_events if event.is_failure]
    assert failure_lines(failures) == ["record: DatabaseError: database disk image is malformed"]
    assert "DatabaseError" in error_classes(failures)


def test_sensors_are_failing_once_their_last_three_looks_failed(tmp_path: Path) -> None:
    code = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("code"), "repository")
    state = InstigatorState(
        RemoteInstigatorOrigin(code, "inbox_sensor"), InstigatorType.SENSOR, InstigatorStatus.RUNNING
    )
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        instance.add_instigator_state(state)

        def look(second: float, error: SerializableErrorInfo | None) -> list[str]:
            instance.create_tick(
                TickData(
                    state.instigator_origin_id,
                    "inbox_sensor",
                    InstigatorType.SENSOR,
                    TickStatus.FAILURE if error else TickStatus.SKIPPED,
                    second,
                    error=error,
                    selector_id=state.selector_id,
                )
            )
            return failing_sensors(instance)

        changed = SerializableErrorInfo("ChangedCodeError: the code on disk is another\n", [], "ChangedCodeError")
        assert [look(1.0, None), look(2.0, changed), look(3.0, changed)] == [[], [], []]
        assert look(4.0, changed) == ["inbox_sensor: ChangedCodeError: the code on disk is another"]
        assert look(5.0, None) == []
