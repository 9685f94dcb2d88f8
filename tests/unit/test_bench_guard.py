"""The guard over what a refresh costs catches a doubling, on whatever machine, and no noise."""

from __future__ import annotations

from typing import Any

import pytest

from bench.whole import Timed, slower


def figures(calamine: float, **stages: float) -> dict[str, Any]:
    costs = {stage: {"wall": cost, "processor": cost} for stage, cost in stages.items()}
    return {"calamine": calamine, "stages": costs}


KEPT = figures(1.0, rows=20.0, referrals=0.5)


@pytest.mark.parametrize(
    ("now", "slow"),
    [
        (figures(1.0, rows=39.0, referrals=0.5), []),
        (figures(1.0, rows=41.0, referrals=0.5), ["rows"]),
        (figures(3.0, rows=90.0, referrals=1.5), []),
        (figures(1.0, rows=20.0, referrals=9.0), []),
        (figures(1.0, rows=20.0, referrals=11.0), ["referrals"]),
        (figures(1.0, rows=20.0, added=50.0), []),
    ],
    ids=["noise", "a doubling", "a slower machine", "a short stage", "a short stage grown long", "a new stage"],
)
def test_only_what_costs_twice_as_much_is_named(now: dict[str, Any], slow: list[str]) -> None:
    assert [line.partition(":")[0] for line in slower(now, KEPT)] == slow


def test_stages_of_the_same_name_are_counted_together() -> None:
    timed = Timed()
    for stage in ("directorates:rehsos", "corrections", "directorates:jamsos"):
        timed.start(stage, 1)
    costs = timed.costs()
    assert list(costs) == ["directorates", "corrections"]
    assert all(cost["wall"] >= 0 and cost["processor"] >= 0 for cost in costs.values())
