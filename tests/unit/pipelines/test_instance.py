"""Opening the Dagster instance of a data home."""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing.synchronize import Barrier
from pathlib import Path

import dagster as dg

from pipelines.instance import opened
from warehouse.home import DataHome

TOGETHER = multiprocessing.get_context("fork")


def _open(root: Path, barrier: Barrier) -> None:
    barrier.wait()
    with opened(DataHome(root=root, inbox=root)) as instance:
        instance.get_runs()


def test_processes_that_open_a_new_home_at_once_leave_an_instance_that_opens(tmp_path: Path) -> None:
    for each in range(5):
        root, barrier = tmp_path / str(each), TOGETHER.Barrier(4)
        processes = [TOGETHER.Process(target=_open, args=(root, barrier)) for _ in range(4)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        assert [process.exitcode for process in processes] == [0] * 4
        ref = DataHome(root=root, inbox=root).dagster
        with dg.DagsterInstance.from_config(os.fspath(ref)) as instance:
            assert instance.get_runs() == []
