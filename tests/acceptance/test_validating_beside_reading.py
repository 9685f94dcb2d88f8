"""Partitions are validated by helpers while others are read, and come to what they come to one after the other."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg
import pytest

from assets.intake.assets import submissions
from assets.records import assets
from assets.records.stages.validate import VALIDATE, validated
from pipelines.definitions import build
from pipelines.progress import Silent
from tests.support.inbox import VILLAGE, home_in, write_list
from warehouse.home import DataHome
from warehouse.lake import Lake, Partition

PLACES = [Partition("16.10", "2023"), Partition("16.10", "2024"), Partition("16.71", "2024")]


def read_and_validated(root: Path) -> tuple[DataHome, dict[Partition, str]]:
    """A home in which lists were read, and the digest of the records of each partition."""
    home = home_in(root)
    home.make()
    for number, (kabupaten, period) in enumerate(PLACES):
        folder = home.inbox / {"16.10": "16.10.05.2036", "16.71": "16.71.01.1001"}[kabupaten] / period
        write_list(folder / "daftar.csv", VILLAGE[number:])
    with dg.DagsterInstance.ephemeral() as instance:
        job = build(home, Silent()).resolve_job_def("full_refresh")
        read = [spec.key for spec in (*submissions.specs, *assets.rows_and_records.specs)]
        assert job.execute_in_process(instance=instance, asset_selection=read).success
    found = Lake(home.lake).manifests(VALIDATE.name)
    return home, {partition: manifest.digest for partition, manifest in found.items() if partition}


@pytest.mark.parametrize(("many", "by_helpers"), [(1, PLACES), (3, PLACES), (4, [])])
def test_helpers_come_to_the_same_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: int, by_helpers: list[Partition]
) -> None:
    _, one_after_the_other = read_and_validated(tmp_path / "one")
    assert sorted(one_after_the_other) == PLACES
    monkeypatch.setattr(assets, "_MANY", many)
    asked: list[object] = []
    sharing = assets.shared_out

    def watched(*arguments: object, **more: object) -> object:
        for partition, result in sharing(*arguments, **more):  # type: ignore[arg-type]
            asked.append(partition)
            yield partition, result

    monkeypatch.setattr(assets, "shared_out", watched)
    _, beside = read_and_validated(tmp_path / "beside")
    assert beside == one_after_the_other
    assert sorted(asked) == by_helpers  # type: ignore[type-var]


def test_what_a_helper_could_not_validate_is_left_to_who_can_say_why(tmp_path: Path) -> None:
    home, before = read_and_validated(tmp_path)
    lake = Lake(home.lake)
    lake.require_again(VALIDATE.name, PLACES[0])
    (rows,) = lake.files("raw_rows", PLACES[0])
    os.truncate(rows, 10)
    assert validated(home, "again", PLACES[0]) == (PLACES[0], None)
    partition, result = validated(home, "again", PLACES[1])
    assert partition == PLACES[1] and result is not None and result.manifest.digest == before[PLACES[1]]
