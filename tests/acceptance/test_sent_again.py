"""A village that copies its file into the folder of another period has sent no list of it, and is told so."""

from __future__ import annotations

import io
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from pipelines.summary import counts, show_to_mend
from pipelines.texts.lookup import Texts
from tests.support.inbox import home_in, refresh, village, write_list
from warehouse.home import DataHome
from warehouse.lake import Lake

FIRST, COPY = (f"16.10.05.2036/{year}/daftar.csv" for year in (2024, 2025))
FINDING = "sent_again_elsewhere"


def named(home: DataHome) -> list[Any]:
    found: Any = counts(home)["sent_again"]
    return [each["path"] for each in found]


def told(home: DataHome) -> list[str]:
    found = Lake(home.lake).read("outcome_findings")
    return found.loc[found["code"] == FINDING, "message"].tolist()


def test_a_copy_for_another_period_is_told_until_a_list_of_it_comes(tmp_path: Path) -> None:
    home, people = home_in(tmp_path), village(1, 8)
    write_list(home.inbox / FIRST, people)
    shutil.copy2(home.inbox / FIRST, home.inbox / FIRST.replace("daftar", "salinan"))
    refresh(home, "first", datetime(2025, 1, 1))
    assert named(home) == told(home) == []
    (home.inbox / COPY).parent.mkdir()
    shutil.copy2(home.inbox / FIRST, home.inbox / COPY)
    refresh(home, "second", datetime(2025, 2, 1))
    assert named(home) == [COPY]
    assert len(told(home)) == 1
    assert "hanya dihitung sekali, untuk 16.10.05.2036 2024. Untuk 16.10.05.2036 2025 belum ada daftar" in told(home)[0]
    said = io.StringIO()
    show_to_mend(home, Console(file=said, width=300), Texts("en"))
    assert f"{COPY}\n    it counts once, for 16.10.05.2036 2024;" in said.getvalue()
    write_list(home.inbox / COPY.replace("daftar", "baru"), people[:7])
    refresh(home, "third", datetime(2025, 3, 1))
    assert named(home) == told(home) == []


def test_a_list_that_was_moved_to_another_village_is_told_as_well(tmp_path: Path) -> None:
    home, other = home_in(tmp_path), FIRST.replace("2036", "2037")
    write_list(home.inbox / FIRST, village(1, 8))
    refresh(home, "first", datetime(2025, 1, 1))
    (home.inbox / other).parent.mkdir(parents=True)
    (home.inbox / FIRST).rename(home.inbox / other)
    refresh(home, "second", datetime(2025, 2, 1))
    assert named(home) == [other]
