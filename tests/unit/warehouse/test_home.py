"""What the data home makes is its owner's alone."""

from __future__ import annotations

import stat
from pathlib import Path

from warehouse.home import DataHome


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
    written = list(finished.rglob("*"))
    assert finished / "dagster/history/runs.db" in written
    open_to_others = [p.relative_to(finished) for p in written if stat.S_IMODE(p.stat().st_mode) & 0o077]
    assert open_to_others == []
