"""Settings come from options, then from the environment; what cannot be a value is refused."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from pipelines.settings import (
    DATA,
    INBOX,
    LANGUAGE,
    PROFILE,
    VARIABLES,
    SettingError,
    from_environment,
    from_options,
    language,
)
from tests.support.finished import PROJECT
from warehouse.home import DataHome


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("PMKS_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_without_settings_the_home_is_data_below_the_working_folder(tmp_path: Path) -> None:
    home = from_environment()
    assert home.root == tmp_path / "data"
    assert home.inbox == tmp_path / "data" / "inbox"
    assert home.profile == "full-2012"
    assert home.settle_seconds == 60.0
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
        "PMKS_READ_ATTEMPTS": "5",
    }.items():
        monkeypatch.setenv(name, value)
    assert from_environment() == DataHome(
        root=tmp_path / "home",
        inbox=tmp_path / "masuk",
        profile="study-2011",
        settle_seconds=2.5,
        workers=3,
        memory_limit="4GB",
        read_attempts=5,
    )


def test_a_variable_that_is_set_to_nothing_is_as_if_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PMKS_DATA", "PMKS_INBOX", "PMKS_PROFILE", "PMKS_SETTLE_SECONDS", "PMKS_WORKERS", "PMKS_LANG"):
        monkeypatch.setenv(name, "")
    with_empty = from_environment()
    monkeypatch.undo()
    assert with_empty.profile == "full-2012"
    assert with_empty.inbox == with_empty.root / "inbox"


def test_options_win_over_variables_and_child_processes_see_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("PMKS_DATA", "PMKS_INBOX", "PMKS_PROFILE"):
        monkeypatch.setenv(name, "elsewhere")
    named = from_options(tmp_path / "home", tmp_path / "masuk", "study-2011")
    assert (named.root, named.inbox, named.profile) == (tmp_path / "home", tmp_path / "masuk", "study-2011")
    assert from_environment() == named


@pytest.mark.parametrize(
    ("variable", "value"), [("PMKS_SETTLE_SECONDS", "soon"), ("PMKS_WORKERS", "2.5"), ("PMKS_LANG", "fr")]
)
def test_what_cannot_be_a_value_is_refused_by_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingError, match=f"{variable} cannot be '{value}'"):
        language() if variable == "PMKS_LANG" else from_environment()


def test_the_language_is_the_one_that_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert language() is None
    monkeypatch.setenv("PMKS_LANG", "id")
    assert language() == "id"


def test_the_page_on_operations_names_every_variable() -> None:
    page = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    for name in (DATA, INBOX, PROFILE, LANGUAGE, *(variable for variable, _ in VARIABLES.values())):
        assert f"\n| `{name}` | " in page


def test_the_environment_is_read_in_one_module() -> None:
    readers = {
        path.relative_to(PROJECT).as_posix()
        for package in ("pipelines", "assets", "validation", "warehouse")
        for path in (PROJECT / package).rglob("*.py")
        if re.search(r"environ\.get|getenv", path.read_text(encoding="utf-8"))
    }
    assert readers == {"pipelines/settings.py"}
