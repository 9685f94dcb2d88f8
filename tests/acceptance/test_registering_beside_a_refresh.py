"""Lists are registered and read while another run refreshes: neither waits, and neither sees half of the other."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from pipelines.definitions import build
from pipelines.progress import Silent
from pipelines.stages import FIXED
from tests.support.inbox import VILLAGE, home_in, write_list
from warehouse.lake import Lake
from warehouse.refresh import Refresh


def test_a_list_that_comes_during_a_refresh_is_registered_and_published_by_the_next(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    home.make()
    definitions = build(home, Silent())
    with dg.DagsterInstance.ephemeral() as instance:
        with Refresh(home, FIXED) as refresh:
            assert refresh.lake.read("submissions").empty
            write_list(home.inbox / "16.10.05.2036" / "2024" / "daftar.csv", VILLAGE)
            assert definitions.resolve_job_def("register_inbox").execute_in_process(instance=instance).success
            assert refresh.lake.read("submissions").empty
        assert len(Lake(home.lake).read("submissions")) == 1
        assert definitions.resolve_job_def("full_refresh").execute_in_process(instance=instance).success
    assert len(Lake(home.lake).read("accepted")) == len(VILLAGE)
    assert (home.published / "dayasos" / "rujukan.xlsx").exists()
