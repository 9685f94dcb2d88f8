"""What of sharing in a DuckLake holds without its extensions; the rest needs a server (`make test-ducklake`)."""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.cli import main
from tests.support.finished import PROJECT
from warehouse import ducklake

ASKED = ["ducklake", "--catalogue", "host=127.0.0.1 dbname=none", "--files", "files", "--lang", "en"]
AWS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION")


def test_without_the_extra_it_is_said_how_to_install_it(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ducklake, "find_spec", lambda _: None)
    done = CliRunner().invoke(main, [*ASKED, "--data", str(finished)])
    assert done.exit_code == 1
    assert "pip install 'pmks-referral-pipeline[ducklake]'" in done.output


def test_a_password_on_the_command_line_is_refused(finished: Path) -> None:
    asked = [*ASKED, "--data", str(finished), "--catalogue", "host=db password = secret"]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 1
    assert "PGPASSWORD" in done.output
    assert "secret" not in done.output


@pytest.mark.parametrize(
    ("endpoint", "told"),
    [
        ("", "CREATE SECRET (TYPE s3, KEY_ID 'it''s', SECRET 'b')"),
        (
            "http://store:9000",
            "CREATE SECRET (TYPE s3, KEY_ID 'it''s', SECRET 'b', ENDPOINT 'store:9000', "
            "URL_STYLE 'path', USE_SSL false)",
        ),
    ],
)
def test_keys_of_object_storage_come_from_the_environment(
    endpoint: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in AWS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "it's")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    assert ducklake._secret() == told


def test_the_tests_of_extras_have_all_extras_and_extensions_are_those_of_the_duckdb_we_have() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = {each for extra in project["project"]["optional-dependencies"].values() for each in extra}
    assert extras <= set(project["dependency-groups"]["extras"])
    of_duckdb = {each for each in extras if each.startswith("duckdb-extension-")}
    assert len(of_duckdb) == len(ducklake.EXTENSIONS)
    assert {each.partition("==")[2] for each in of_duckdb} == {metadata.version("duckdb")}
