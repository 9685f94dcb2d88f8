"""A list that is sent again with few of its people ends the referrals of the others; the summary names it."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from pipelines.summary import counts, show_to_mend
from pipelines.texts.lookup import Texts
from tests.support.inbox import home_in, refresh, village, write_list
from warehouse.home import DataHome

PATHS = [f"16.10.05.20{number}/2024/daftar.csv" for number in (36, 37)]


def named(home: DataHome) -> list[dict[str, object]]:
    found: Any = counts(home)["shortened"]
    return list(found)


def test_a_list_with_less_than_half_of_the_rows_is_named_until_the_whole_one_comes(tmp_path: Path) -> None:
    home, whole = home_in(tmp_path), [village(1, 14), village(2, 14)]
    for path, people in zip(PATHS, whole, strict=True):
        write_list(home.inbox / path, people)
    refresh(home, "first", datetime(2025, 1, 1))
    assert named(home) == []
    write_list(home.inbox / PATHS[0], whole[0][:2])
    write_list(home.inbox / PATHS[1], whole[1][:9])
    refresh(home, "second", datetime(2025, 2, 1))
    assert named(home) == [{"path": PATHS[0], "rows": 2, "before": 14}]
    said = io.StringIO()
    show_to_mend(home, Console(file=said, width=300), Texts("id"))
    assert f"{PATHS[0]}\n    2 baris, sebelumnya 14\n" in said.getvalue()
    write_list(home.inbox / PATHS[0], [*whole[0], *village(3, 1)])
    refresh(home, "third", datetime(2025, 2, 2))
    assert named(home) == []


def test_a_list_that_is_short_for_good_is_named_for_a_month(tmp_path: Path) -> None:
    home, people = home_in(tmp_path), village(1, 14)
    write_list(home.inbox / PATHS[0], people)
    refresh(home, "first", datetime(2025, 1, 1))
    write_list(home.inbox / PATHS[0], people[:2])
    refresh(home, "second", datetime(2025, 2, 1))
    assert len(named(home)) == 1
    write_list(home.inbox / PATHS[1], village(2, 14))
    refresh(home, "third", datetime(2025, 3, 10))
    assert named(home) == []
