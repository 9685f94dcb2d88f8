"""`pmks match --engine spark` where Spark is not installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

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
