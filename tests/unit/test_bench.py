"""Benchmarks follow the code that they measure: each can be loaded."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from tests.support.finished import PROJECT

ELSEWHERE = {"peers_splink"}
"""Runs in an environment of its own, with Splink."""
BENCHMARKS = sorted(path.stem for path in Path(PROJECT / "bench").glob("[a-z]*.py") if path.stem not in ELSEWHERE)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_imports_what_it_measures(name: str) -> None:
    assert importlib.import_module(f"bench.{name}").__doc__
