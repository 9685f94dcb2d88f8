"""`pmks match --engine spark` where Spark is not installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from assets.households.linkage.buckets.job import command
from assets.households.linkage.buckets.spark import SparkMissingError
from pipelines.cli import main


def test_without_the_extra_it_is_said_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("pyspark", "pyspark.sql"):
        monkeypatch.setitem(sys.modules, module, None)
    pd.DataFrame({"record_id": ["a", "b"]}).to_parquet(tmp_path / "records.parquet")
    arguments = ["match", str(tmp_path / "records.parquet"), str(tmp_path / "people.parquet"), "--engine", "spark"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 1
    assert "pip install 'pmks-referral-pipeline[spark]'" in done.output
    assert not (tmp_path / "people.parquet").exists()


def test_a_run_on_a_cluster_without_the_extra_says_so_before_it_starts_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(SparkMissingError, match=r"pip install 'pmks-referral-pipeline\[spark\]'"):
        command(tmp_path, tmp_path, "local[1]", None)
