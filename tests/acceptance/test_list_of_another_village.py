"""A list that was put into the folder of another village moves its people there; the summary names it until that
is mended."""

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

HERE, THERE = "16.10.05.2036", "16.10.05.2037"


def named(home: DataHome) -> list[dict[str, object]]:
    found: Any = counts(home)["of_another_village"]
    return list(found)


def test_a_list_in_the_folder_of_another_village_is_named_until_its_village_is_declared(tmp_path: Path) -> None:
    home = home_in(tmp_path)
    people = village(1, 12)
    write_list(home.inbox / HERE / "2024/daftar.csv", people)
    write_list(home.inbox / THERE / "2024/daftar.csv", [*village(2, 12), *people[:3]])
    refresh(home, "first", datetime(2025, 1, 1))
    assert named(home) == []
    wrong = write_list(home.inbox / THERE / "2025/salah.csv", [*people[:8], *village(3, 6)])
    refresh(home, "second", datetime(2025, 2, 1))
    found = {"path": f"{THERE}/2025/salah.csv", "both": 8, "people": 14}
    assert named(home) == [{**found, "kode_desa": HERE, "other_path": f"{HERE}/2024/daftar.csv"}]
    said = io.StringIO()
    show_to_mend(home, Console(file=said, width=200), Texts("id"))
    assert f"8 dari 14 orang juga ada pada daftar {HERE}: {HERE}/2024/daftar.csv" in said.getvalue()
    wrong.with_name("salah.csv.yml").write_text(f"kode_desa: {HERE}\n", encoding="utf-8")
    refresh(home, "third", datetime(2025, 3, 1))
    assert named(home) == []


def test_people_of_a_village_who_are_listed_elsewhere_since_are_not_named(tmp_path: Path) -> None:
    """Where the older village has sent a newer list without them, they moved."""
    home = home_in(tmp_path)
    people = village(1, 12)
    write_list(home.inbox / HERE / "2024/daftar.csv", people)
    write_list(home.inbox / THERE / "2024/daftar.csv", people[:8])
    refresh(home, "first", datetime(2025, 1, 1))
    assert {each["path"] for each in named(home)} == {f"{HERE}/2024/daftar.csv", f"{THERE}/2024/daftar.csv"}
    write_list(home.inbox / HERE / "2025/daftar.csv", people[8:])
    refresh(home, "second", datetime(2026, 1, 1))
    assert named(home) == []
