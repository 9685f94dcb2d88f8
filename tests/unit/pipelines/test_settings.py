"""Settings come from options, then the environment, then `pmks.toml`; what cannot be a value is refused."""

from __future__ import annotations

import os
import re
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.liveness import living_home
from pipelines.settings import (
    SETTINGS,
    VARIABLES,
    SettingError,
    alerting,
    from_environment,
    from_options,
    language,
    sensor_seconds,
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
        "PMKS_WRONG_MERGE_COST": "12",
        "PMKS_HOUSEHOLDS": "addresses",
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
        wrong_merge_cost=12.0,
        households="addresses",
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
    ("variable", "value"),
    [
        ("PMKS_SETTLE_SECONDS", "soon"),
        ("PMKS_WORKERS", "2.5"),
        ("PMKS_WORKERS", "0"),
        ("PMKS_LANG", "fr"),
        ("PMKS_WRONG_MERGE_COST", "0"),
        ("PMKS_HOUSEHOLDS", "streets"),
    ],
)
def test_what_cannot_be_a_value_is_refused_by_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingError, match=f"{variable}: '{value}' cannot be used"):
        language() if variable == "PMKS_LANG" else from_environment()


def settings_file(root: Path, text: str) -> None:
    root.mkdir(exist_ok=True)
    (root / "pmks.toml").write_text(text, encoding="utf-8")


EVERY = """
inbox = "masuk"
profile = "study-2011"
settle_seconds = 2.5
workers = 3
memory_limit = "4GB"
sensor_seconds = 30
alert_mail = ["satu@dinas.example", "dua@dinas.example"]
alert_smtp = "smtps://nama:rahasia@surat.example"
keys = "/di/luar"
lang = "id"
"""


def test_the_file_in_the_home_sets_what_no_variable_sets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings_file(tmp_path / "data", EVERY)
    monkeypatch.setenv("PMKS_WORKERS", "1")
    home = from_environment()
    assert (home.inbox, home.keys) == (tmp_path / "data" / "masuk", Path("/di/luar"))
    assert (home.profile, home.settle_seconds, home.workers, home.memory_limit) == ("study-2011", 2.5, 1, "4GB")
    assert (language(), sensor_seconds()) == ("id", 30)
    assert alerting().mail == ("satu@dinas.example", "dua@dinas.example")
    assert from_options(tmp_path / "other").profile == "full-2012"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("shrink_procent = 3", "shrink_procent (shrink_percent?)"),
        ("shrink_percent = 130", "shrink_percent: 130 cannot"),
        ("workers = true", "workers: bool"),
        ("workers = \nrun_seconds = 1", "at line 1"),
        ('alert_webhook = "nama:rahasia@x"', "alert_webhook: nama cannot"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_where_it_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    settings_file(tmp_path / "home", text)
    done = CliRunner().invoke(main, ["settings", "--data", str(tmp_path / "home"), "--lang", "en"])
    assert done.exit_code == 2
    assert said in done.output
    assert "rahasia" not in done.output


def test_every_setting_is_shown_with_where_it_was_set_and_without_passwords(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings_file(tmp_path / "home", EVERY)
    monkeypatch.setenv("PMKS_WORKERS", "1")
    monkeypatch.setenv("PMKS_RUN_SECONDS", "0")
    monkeypatch.setenv("PMKS_ALERT_WEBHOOK", "https://kabar.example/rahasia?token=rahasia")
    done = CliRunner().invoke(main, ["settings", "--data", str(tmp_path / "home"), "--lang", "en"])
    shown = {line.split()[0]: " ".join(line.split()[1:]) for line in done.output.splitlines()}
    assert list(shown) == ["data", *SETTINGS]
    assert shown["workers"] == "1 (PMKS_WORKERS)"
    assert shown["inbox"] == f"{tmp_path}/home/masuk ({tmp_path}/home/pmks.toml: inbox)"
    assert shown["shrink_percent"] == "5.0 (by default)"
    assert shown["signing_key"] == "not set"
    assert shown["run_seconds"] == "0.0 (PMKS_RUN_SECONDS)"
    assert shown["alert_webhook"] == "https://kabar.example (PMKS_ALERT_WEBHOOK)"
    assert shown["alert_smtp"].startswith("smtps://surat.example (")
    assert "rahasia" not in done.output


def test_the_language_is_the_one_that_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert language() is None
    monkeypatch.setenv("PMKS_LANG", "id")
    assert language() == "id"


def test_one_run_may_take_more_or_less_than_the_settings_say(tmp_path: Path) -> None:
    resource = living_home(DataHome(root=tmp_path, inbox=tmp_path, workers=2))

    def of_run(config: dict[str, object]) -> DataHome:
        with dg.build_resources({"home": resource}, resource_config={"home": {"config": config}}) as resources:
            home: DataHome = resources.home
            return home

    assert of_run({}) == DataHome(root=tmp_path, inbox=tmp_path, workers=2)
    assert of_run({"workers": 1, "memory_limit": "4GB"}) == DataHome(
        root=tmp_path, inbox=tmp_path, workers=1, memory_limit="4GB"
    )
    with pytest.raises(dg.DagsterInvalidConfigError):
        of_run({"profile": "study-2011"})  # what results rest on is one for the installation
    with pytest.raises(dg.DagsterResourceFunctionError) as refused:
        of_run({"shrink_percent": 130.0})
    assert "shrink_percent: '130.0'" in str(refused.value.__cause__)


def test_the_page_on_operations_says_what_every_setting_means() -> None:
    page = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    for setting in SETTINGS.values():
        assert f"\n| `{setting.variable}` | {setting.meaning} |" in page
    assert set(re.findall(r"^\| `(PMKS_\w+)` \|", page, re.MULTILINE)) == VARIABLES


def test_the_environment_is_read_in_one_module() -> None:
    readers = {
        path.relative_to(PROJECT).as_posix()
        for package in ("pipelines", "assets", "validation", "warehouse")
        for path in (PROJECT / package).rglob("*.py")
        if re.search(r"environ\.get|getenv", path.read_text(encoding="utf-8"))
    }
    of_object_storage = "warehouse/ducklake.py"  # its keys, by the names that every program for it reads (AWS_…)
    assert readers == {"pipelines/settings.py", of_object_storage}
