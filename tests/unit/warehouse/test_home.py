"""Settings come from the environment; what they lead to is its owner's alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from warehouse.home import DEFAULT_SETTLE_SECONDS, DataHome


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("PMKS_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_without_settings_the_home_is_data_below_the_working_folder(tmp_path: Path) -> None:
    home = DataHome.from_environment()
    assert home.root == tmp_path / "data"
    assert home.inbox == tmp_path / "data" / "inbox"
    assert home.profile == "full-2012"
    assert home.settle_seconds == DEFAULT_SETTLE_SECONDS
    assert home.workers == (os.cpu_count() or 1)
    assert home.memory_limit is None


def test_every_setting_is_taken_from_its_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "PMKS_DATA": str(tmp_path / "home"),
        "PMKS_INBOX": "masuk",
        "PMKS_PROFILE": "study-2011",
        "PMKS_SETTLE_SECONDS": "2.5",
        "PMKS_WORKERS": "3",
        "PMKS_MEMORY_LIMIT": "4GB",
    }.items():
        monkeypatch.setenv(name, value)
    assert DataHome.from_environment() == DataHome(
        root=tmp_path / "home",
        inbox=tmp_path / "masuk",
        profile="study-2011",
        settle_seconds=2.5,
        workers=3,
        memory_limit="4GB",
    )


def test_a_variable_that_is_set_to_nothing_is_as_if_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PMKS_DATA", "PMKS_INBOX", "PMKS_PROFILE", "PMKS_SETTLE_SECONDS", "PMKS_WORKERS"):
        monkeypatch.setenv(name, "")
    with_empty = DataHome.from_environment()
    monkeypatch.undo()
    assert with_empty.profile == "full-2012"
    assert with_empty.inbox == with_empty.root / "inbox"


def test_everything_made_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    home = DataHome(root=tmp_path / "home", inbox=tmp_path / "home" / "inbox")
    home.make()
    home.make()
    made = [home.root, *home.root.iterdir()]
    assert {home.archive, home.lake, home.published, home.corrections, home.review, home.inbox} <= set(made)
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o700}


def test_an_inbox_elsewhere_is_neither_made_nor_changed(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    DataHome(root=tmp_path / "home", inbox=shared).make()
    assert not shared.exists()
    shared.mkdir(mode=0o755)
    shared.chmod(0o755)
    DataHome(root=tmp_path / "home", inbox=shared).make()
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755


def test_a_finished_run_leaves_nothing_that_others_may_read(finished: Path) -> None:
    ours = [p for p in finished.rglob("*") if "dagster" not in p.relative_to(finished).parts]
    open_to_others = [p.relative_to(finished) for p in ours if stat.S_IMODE(p.stat().st_mode) & 0o077]
    assert open_to_others == []
