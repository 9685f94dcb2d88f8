"""The files of `deploy/` name programs, modules and paths that exist, and agree with each other."""

from __future__ import annotations

import re
import shlex
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from pipelines.cli import COMMANDS
from pipelines.settings import VARIABLES
from tests.support.finished import PROJECT

DEPLOY = PROJECT / "deploy"
UNITS = sorted(path.name for path in DEPLOY.glob("*.service"))
ROOT = "/srv/pmks"


def lines(unit: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", (DEPLOY / unit).read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_starts_what_an_installation_has(unit: str) -> None:
    for command in lines(unit, "ExecStart") + lines(unit, "ExecStartPre"):
        program, *arguments = shlex.split(command)
        assert Path(program).parent.as_posix() == f"{ROOT}/.venv/bin"
        assert Path(sys.executable).with_name(Path(program).name).exists()
        named = dict(pairwise(arguments))
        if Path(program).name == "pmks":
            assert arguments[0] in COMMANDS
        if "-w" in named:
            assert (PROJECT / named["-w"]).exists()
        if "-m" in named:
            assert (PROJECT / named["-m"].replace(".", "/")).with_suffix(".py").exists()
    assert lines(unit, "WorkingDirectory") == [ROOT]
    assert lines(unit, "UMask") == ["0077"]


def test_daemon_and_web_page_look_where_the_code_server_listens() -> None:
    (location,) = yaml.safe_load((DEPLOY / "workspace.yaml").read_text(encoding="utf-8"))["load_from"]
    (served,) = lines("pmks-code.service", "ExecStart")
    assert f"-s {location['grpc_server']['socket']}" in served
    (folder,) = lines("pmks-code.service", "RuntimeDirectory")
    assert location["grpc_server"]["socket"].startswith(f"/run/{folder}/")
    assert lines("pmks-code.service", "RuntimeDirectoryMode") == ["0700"]


def test_the_environment_sets_what_is_read() -> None:
    names = re.findall(r"^(\w+)=", (DEPLOY / "pmks.env").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(names) == {"PMKS_DATA", "DAGSTER_HOME"}
    assert set(names) - VARIABLES == {"DAGSTER_HOME"}
