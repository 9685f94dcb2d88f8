"""The Dagster instance of a data home: its settings, and opening it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from warehouse.files import write_whole
from warehouse.home import DataHome

SETTINGS = b"""\
# Written by pmks. Nothing is reported to anybody; one step at a time writes the warehouse.
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  pools:
    default_limit: 1
    granularity: op
  runs:
    max_concurrent_runs: 2
"""


def prepare(home: DataHome) -> None:
    """Make the data home and its instance folder, and point Dagster at it."""
    home.make()
    settings = home.dagster / "dagster.yaml"
    if not settings.exists():
        write_whole(settings, SETTINGS)
    os.environ["DAGSTER_HOME"] = str(home.dagster)


@contextmanager
def opened(home: DataHome) -> Iterator[dg.DagsterInstance]:
    """Open the instance under the data home."""
    prepare(home)
    with dg.DagsterInstance.get() as instance:
        yield instance


if __name__ == "__main__":
    prepare(DataHome.from_environment())
