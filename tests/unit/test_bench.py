"""Benchmarks follow the code that they measure: each can be loaded."""

from __future__ import annotations

import importlib
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.flames import bars, svg
from tests.support.finished import PROJECT

ELSEWHERE = {"peers_splink"}
"""Runs in an environment of its own, with Splink."""
BENCHMARKS = sorted(path.stem for path in Path(PROJECT / "bench").glob("[a-z]*.py") if path.stem not in ELSEWHERE)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_imports_what_it_measures(name: str) -> None:
    assert importlib.import_module(f"bench.{name}").__doc__


def test_a_flame_graph_shows_each_function_with_its_share() -> None:
    inside = "run (bench/whole.py:1);read (assets/intake/reading.py:3)"
    stacks = [
        f"{inside};take (pyarrow/compute.py:9) 3",
        f"{inside};<listcomp> (assets/intake/reading.py:4) 1",
        "warm_up (assets/households/linkage/match_file.py:2);compile (numba/core/compiler.py:3) 9",
        "idle (threading.py:5) 7",
        "write (assets/publications/corrections.py:8) 4",
    ]
    tree = bars(stacks)
    assert {name: bar.count for name, bar in tree.called.items()} == {
        "read assets/intake/reading": 4,
        "write assets/publications/corrections": 4,
    }
    picture = ElementTree.fromstring(svg(tree))
    said = [title.text for title in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert said == ["read, assets/intake/reading.py: 50.0%", "pyarrow: 37.5%",
                    "write, assets/publications/corrections.py: 50.0%"]  # fmt: skip
