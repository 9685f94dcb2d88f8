"""A directorate's files are made again where anything that they are made from changed, and else no table is read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from assets.publications.stages.directorates import PUBLISH, publish
from tests.support.inbox import VILLAGE, home_in, refresh, write_list
from warehouse.files import write_whole
from warehouse.home import DataHome
from warehouse.lake import Lake
from warehouse.manifests import DamagedTableError


@pytest.fixture
def office(tmp_path: Path) -> tuple[DataHome, Lake]:
    """A data home with the referrals of one list, published."""
    home = home_in(tmp_path)
    write_list(home.inbox / "16.10.05.2036" / "2024" / "pmks.csv", VILLAGE)
    lake = refresh(home, "first", datetime(2025, 1, 1))
    assert publish(PUBLISH.begin(lake, home), "rehsos").changed
    return home, lake


def test_nothing_new_reads_no_table(office: tuple[DataHome, Lake]) -> None:
    home, lake = office
    (of_persons,) = lake.files("persons")
    whole = of_persons.read_bytes()
    write_whole(of_persons, b"torn")
    again = publish(PUBLISH.begin(lake, home), "rehsos")
    assert (again.changed, again.rows > 0) == (False, True)
    (home.published / "rehsos" / "rujukan.parquet").unlink()
    with pytest.raises(DamagedTableError):
        publish(PUBLISH.begin(lake, home), "rehsos")
    write_whole(of_persons, whole)
    assert publish(PUBLISH.begin(lake, home), "rehsos").changed


def test_another_key_makes_the_files_anew(office: tuple[DataHome, Lake]) -> None:
    home, lake = office
    home.key_file.rename(home.key_file.with_name("old"))
    home.key_file.write_text("ab" * 32 + "\n")
    assert publish(PUBLISH.begin(lake, home), "rehsos").changed
    assert not publish(PUBLISH.begin(lake, home), "rehsos").changed
