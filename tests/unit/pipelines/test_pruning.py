"""Old runs go, and what Dagster and the daemon say of everything is what they said before."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.event_log.base import PartitionKeyFilter

from pipelines.attempts import INPUTS, MOST, WORK, attempts, last_attempts
from pipelines.instance import opened
from pipelines.pruning import AT_ONCE, DAY_SECONDS, prune, prune_now_and_then
from warehouse.home import DataHome

PLACES = dg.DynamicPartitionsDefinition(name="places")
KEYS = ("a", "b", "c")
IN_A_YEAR = 365 * DAY_SECONDS


@dg.asset(partitions_def=PLACES, check_specs=[dg.AssetCheckSpec("whole", asset="rows", partitions_def=PLACES)])
def rows(context: dg.AssetExecutionContext) -> Iterator[Any]:
    if "fails" in context.run.tags:
        raise ValueError
    yield dg.AssetCheckResult(passed="bad" not in context.run.tags, check_name="whole")
    yield dg.MaterializeResult(metadata={"run": context.run.run_id})


@dg.asset(deps=[rows])
def totals() -> None:
    pass


class Log:
    """An instance, and what is seen of it."""

    def __init__(self, instance: dg.DagsterInstance, home: DataHome) -> None:
        self.instance, self.home = instance, home
        instance.add_dynamic_partitions("places", list(KEYS))

    def run(self, asset: dg.AssetsDefinition, key: str | None, inputs: str, *tags: str) -> None:
        told = {WORK: key or "refresh", INPUTS: inputs} | dict.fromkeys(tags, "yes")
        dg.materialize([asset], instance=self.instance, partition_key=key, tags=told, raise_on_error=False)

    def seen(self) -> list[object]:
        """Partitions, the last success and metadata of each, failed ones, checks, and what the daemon would do."""
        events, found = self.instance.event_log_storage, list[object]()
        for asset in (rows, totals):
            found.append(sorted(map(str, self.instance.get_materialized_partitions(asset.key))))
            for key in KEYS if asset is rows else (None,):
                last = self.instance.get_latest_data_version_record(asset.key, partition_key=key)
                found.append((key, last and (last.run_id, last.asset_materialization)))
            attempted = events.get_latest_asset_partition_materialization_attempts_without_materializations(asset.key)
            found.append(sorted(attempted.items()))
            (record,) = events.get_asset_records([asset.key])
            found.append(record.asset_entry.last_materialization)
            found.append(self.instance.get_latest_materialization_event(asset.key))
        check = dg.AssetCheckKey(rows.key, "whole")
        for key in KEYS:
            passes = events.get_asset_check_execution_history(check, 1, partition_filter=PartitionKeyFilter(key=key))
            found.append([(each.run_id, each.status) for each in passes])
        works = (*KEYS, "refresh")
        found.append([attempts(self.instance, work, inputs) for work in works for inputs in "xy"])
        found.append(last_attempts(self.instance))
        return found

    def shards(self) -> set[str]:
        return {path.stem for path in (self.home.dagster / "history" / "runs").glob("*-*.db")}


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    monkeypatch.setenv("DAGSTER_HOME", "")
    home = DataHome(root=tmp_path / "home", inbox=tmp_path)
    with opened(home) as instance:
        yield Log(instance, home)


def test_what_is_seen_stays_whatever_ran(log: Log) -> None:
    b = [("b", "x"), ("b", "y", "fails"), ("b", "x", "fails"), ("b", "x", "fails")]
    for key, inputs, *tags in (("a", "x"), *b, ("a", "x", "bad"), ("a", "z"), ("a", "y")):
        log.run(rows, key, inputs, *tags)
    for inputs in "xxy":
        log.run(totals, None, inputs)
    before, count = log.seen(), log.instance.get_runs_count()
    done = prune(log.instance, 90, time.time() + IN_A_YEAR)
    assert log.seen() == before
    assert done.gone == 3
    assert log.instance.get_runs_count() == count - done.gone == done.kept
    assert log.shards() == {run.run_id for run in log.instance.get_runs()}
    assert prune(log.instance, 90, time.time() + IN_A_YEAR).gone == 0


def test_what_was_given_up_stays_given_up(log: Log) -> None:
    for inputs in ("x", "x", *"y" * MOST):
        log.run(rows, "a", inputs, "fails")
    prune(log.instance, 1, time.time() + IN_A_YEAR)
    assert attempts(log.instance, "a", "y").given_up
    assert log.instance.get_runs_count() == MOST + 1


def test_the_young_stay_and_no_days_means_for_ever(log: Log) -> None:
    for _ in range(2):
        log.run(totals, None, "x")
    assert prune(log.instance, 90, time.time() + 89 * DAY_SECONDS).gone == 0
    assert prune(log.instance, 0, time.time() + IN_A_YEAR).gone == 0
    assert log.instance.get_runs_count() == 2


@dg.job
def nothing() -> None:
    """A job of no steps."""


def test_runs_that_go_on_stay(log: Log) -> None:
    for _ in range(2):
        log.instance.create_run_for_job(nothing, status=dg.DagsterRunStatus.STARTED)
    assert prune(log.instance, 90, time.time() + IN_A_YEAR) == (0, 0)


def test_the_daemon_lets_go_of_a_few_in_an_hour(log: Log) -> None:
    runs = [
        log.instance.create_run_for_job(nothing, status=dg.DagsterRunStatus.SUCCESS).run_id for _ in range(AT_ONCE + 9)
    ]
    later = time.time() + IN_A_YEAR
    for moment in (later, later + 3000):
        prune_now_and_then(log.instance, log.home, 90, moment)
        assert {run.run_id for run in log.instance.get_runs()} == set(runs[AT_ONCE:])
    prune_now_and_then(log.instance, log.home, 90, later + 3700)
    assert [run.run_id for run in log.instance.get_runs()] == runs[-1:]
