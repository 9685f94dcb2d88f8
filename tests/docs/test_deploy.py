"""The files of `deploy/` name programs, modules and paths that exist, and agree with each other."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.automation import READING_QUEUE
from pipelines.cli import COMMANDS
from pipelines.instance import SETTINGS
from pipelines.settings import VARIABLES
from tests.support.composed import CONTAINER, entry_point, services
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


def commands(unit: str) -> list[list[str]]:
    """What a unit starts, its program by name alone."""
    started = [shlex.split(line) for line in lines(unit, "ExecStartPre") + lines(unit, "ExecStart")]
    return [[Path(program).name, *arguments] for program, *arguments in started]


def parts(command: list[str]) -> list[list[str]]:
    """A command of a container, or those of its shell."""
    if command[:2] == ["/bin/sh", "-c"]:
        return [shlex.split(each.removeprefix("exec ")) for each in re.split(r" && |; ?(?:do )?", command[2])]
    return [command]


def composed(name: str) -> list[list[str]]:
    """What a service of the compose file starts."""
    return parts([part.replace("$$", "$") for part in services()[name]["command"]])


def manifest(name: str) -> dict[str, Any]:
    """What a manifest for Kubernetes asks for."""
    asked: dict[str, Any] = yaml.safe_load((DEPLOY / "kubernetes" / name).read_text(encoding="utf-8"))["spec"]
    return asked


def pod() -> dict[str, Any]:
    """The pod that runs an installation."""
    asked = manifest("pmks.yaml")
    assert asked["replicas"] == 1
    made: dict[str, Any] = asked["template"]["spec"]
    return made


def test_containers_start_what_the_units_start() -> None:
    assert commands("pmks-code.service")[0] in composed("code")
    assert commands("pmks-code.service")[1] in composed("code")
    assert commands("pmks-daemon.service") == composed("daemon")
    assert commands("pmks-alert.service")[0] in composed("alert")
    (web,) = composed("web")
    assert commands("pmks-web.service") == [["127.0.0.1" if part == "0.0.0.0" else part for part in web]]
    assert services()["web"]["ports"] == [f"127.0.0.1:{web[-1]}:{web[-1]}"]


def test_a_pod_starts_and_checks_what_the_containers_of_compose_do() -> None:
    (prepares,) = pod()["initContainers"]
    containers = {each["name"]: each for each in pod()["containers"]}
    assert parts(prepares["args"]) + parts(containers["code"]["args"]) == composed("code")
    assert parts(containers["daemon"]["args"]) == composed("daemon")
    assert [["0.0.0.0" if part == "127.0.0.1" else part for part in containers["web"]["args"]]] == composed("web")
    assert parts(containers["alert"]["args"]) == composed("alert")
    for name in ("code", "daemon", "web"):
        for probe in ("startupProbe", "livenessProbe"):
            asked = containers[name][probe]["exec"]["command"]
            assert ["CMD", *asked] == services()[name]["healthcheck"]["test"]
    assert containers.keys() | {"postgres"} == services().keys()


def test_a_pod_is_given_what_the_containers_of_compose_are() -> None:
    image = (CONTAINER / "Dockerfile").read_text(encoding="utf-8")
    assert pod()["securityContext"]["runAsUser"] == int(re.findall(r"^USER (\d+):", image, re.MULTILINE)[0])
    assert pod()["shareProcessNamespace"]
    for container in [*pod()["initContainers"], *pod()["containers"]]:
        service = services()[{"instance": "code"}.get(container["name"], container["name"])]
        told = {each["name"]: each["value"] for each in container["env"]}
        assert told == {name: value for name, value in service["environment"].items() if name in VARIABLES}
        assert container["envFrom"] == [{"secretRef": {"name": "pmks"}}]
        mounted = {each["mountPath"] for each in container["volumeMounts"]}
        assert mounted == {re.sub(r":ro$", "", volume).rsplit(":", 1)[1] for volume in service["volumes"]}
        assert container["securityContext"]["capabilities"]["drop"] == service["cap_drop"]


def test_containers_are_given_what_is_read() -> None:
    instance = yaml.safe_load((CONTAINER / "dagster.yaml").read_text(encoding="utf-8"))
    url = instance.pop("storage")["postgres"]["postgres_url"]["env"]
    assert instance == yaml.safe_load(SETTINGS)
    for name in ("code", "daemon", "web", "alert"):
        assert set(services()[name]["environment"]) - VARIABLES == {url}
    assert {service["image"] for service in services().values()} == {"pmks", "postgres:15"}


WORKERS = DEPLOY / "workers"


def test_several_machines_start_what_one_does_and_machines_that_take_runs() -> None:
    one, several = services(), services(WORKERS)
    for name in ("code", "daemon", "web"):
        here = [part.replace("deploy/workers", "deploy/container") for part in several[name]["command"]]
        assert (here, several[name]["healthcheck"]) == (one[name]["command"], one[name]["healthcheck"])
    prepared, made, reads = parts([part.replace("$$", "$") for part in several["reader"]["command"]])[-3:]
    assert prepared == ["cp", "-n", "deploy/workers/dagster.yaml", "$DAGSTER_HOME"]
    assert made in composed("code")
    for command, queue in ((several["refresher"]["command"], "dagster"), (reads, READING_QUEUE)):
        named = dict(pairwise(command))
        assert (command[:4], named["-Q"]) == (["celery", "-A", "dagster_celery.app", "worker"], queue)
        assert (named["-c"], named["--max-tasks-per-child"]) == ("1", "1"), "one run at a time, in a process of its own"


def patched() -> dict[str, dict[str, Any]]:
    """The containers of the pod once it hands out runs, by name: as a strategic merge makes them."""
    patch = manifest("refresher.yaml")["template"]["spec"]
    whole: dict[str, dict[str, Any]] = {}
    for kind in ("initContainers", "containers"):
        for each in (*pod()[kind], *patch[kind]):
            whole[each["name"]] = whole.get(each["name"], {}) | each
    return whole


def test_pods_of_several_start_what_several_machines_do() -> None:
    several, one = services(WORKERS), {each["name"]: each for each in pod()["containers"]}
    (reader,) = manifest("reader.yaml")["template"]["spec"]["containers"]
    main = patched()
    assert reader["args"] == [part.replace("$$", "$") for part in several["reader"]["command"]]
    assert main["refresher"]["args"] == several["refresher"]["command"]
    instance, server = parts(main["instance"]["args"]), parts(main["code"]["args"])
    assert instance + server == parts([part.replace("$$", "$") for part in several["code"]["command"]])
    assert main.keys() - one.keys() == {"instance", "refresher"}
    for name in main.keys() & one.keys() - {"code"}:
        assert main[name] == one[name]


def test_pods_of_several_are_given_what_the_one_is() -> None:
    reads, runs, (one, *_) = manifest("reader.yaml"), patched()["refresher"], pod()["containers"]
    asked = reads["template"]["spec"]
    (reader,) = asked["containers"]
    for key in ("image", "env", "envFrom", "volumeMounts", "securityContext"):
        assert runs[key] == one[key]
    for key in ("image", "envFrom", "securityContext"):
        assert reader[key] == one[key]
    assert "env" not in reader, "it has no inbox"
    assert reader["volumeMounts"] == [each for each in one["volumeMounts"] if each["name"] != "inbox"]
    assert reads["volumeClaimTemplates"] == manifest("pmks.yaml")["volumeClaimTemplates"]
    for key in ("securityContext", "automountServiceAccountToken", "terminationGracePeriodSeconds"):
        assert asked[key] == pod()[key]
    for each in (reader, runs):
        assert each["resources"].keys() == {"requests", "limits"}


def test_several_machines_are_given_what_is_read() -> None:
    one, several = (yaml.safe_load((folder / "dagster.yaml").read_text()) for folder in (CONTAINER, WORKERS))
    launcher = several.pop("run_launcher")
    assert (launcher["module"], launcher["class"]) == ("dagster_celery.launcher", "CeleryRunLauncher")
    variables = {
        setting["env"] for setting in (*launcher["config"].values(), several["storage"]["postgres"]["postgres_url"])
    }
    assert several.keys() == one.keys()
    for section in several.keys() - {"concurrency", "run_monitoring"}:
        assert several[section] == one[section]
    for name in ("code", "daemon", "web", "refresher", "reader"):
        told = set(services(WORKERS)[name]["environment"])
        assert {each for each in told - VARIABLES if not each.startswith("AWS_")} == variables
        assert ("PMKS_INBOX" in told) == (name != "reader")
        assert "PMKS_STORAGE" in told


def test_a_bucket_to_try_it_out_is_of_the_version_that_is_locked_and_started_for_a_trial_only() -> None:
    several = services(WORKERS)
    (version,) = re.findall(r"^moto\[server\]==(\S+)", (PROJECT / "requirements-extras.lock").read_text(), re.MULTILINE)
    assert several["bucket"]["image"] == f"motoserver/moto:{version}"
    trial = {name for name, service in several.items() if service.get("profiles")}
    assert trial == {"bucket", "make-bucket"}
    assert all(several[name]["profiles"] == ["trial"] for name in trial)
    waited_for = {name for service in several.values() for name in service.get("depends_on", {})}
    assert waited_for & trial == trial
    assert several["code"]["depends_on"]["make-bucket"]["required"] is False


def test_the_image_is_made_of_what_there_is_and_runs_as_nobody_else() -> None:
    text = (CONTAINER / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^FROM (.*)$", text, re.MULTILINE) == ["python:3.11-slim"]
    for source in re.findall(r"^COPY (\S+)", text, re.MULTILINE):
        assert (PROJECT / source).exists()
    (account,) = re.findall(r"^USER (\d+):\1$", text, re.MULTILINE)
    assert f"--uid {account}" in text and int(account) > 0
    variables = dict(part.split("=") for part in re.findall(r"^ENV (.*)$", text, re.MULTILINE)[0].split())
    for line in re.findall(r"^(\w+=.*)$", (DEPLOY / "pmks.env").read_text(encoding="utf-8"), re.MULTILINE):
        name, value = line.split("=")
        assert variables[name] == value
    made = (PROJECT / "Makefile").read_text(encoding="utf-8")
    for step in re.findall(r"\.venv/bin/python (-m compileall .*?|-c .*?)(?: \\)?$", text, re.MULTILINE):
        assert f"$(BIN)/python {step}" in made


def test_what_the_image_starts_writes_for_its_owner_only() -> None:
    done = subprocess.run(
        [*entry_point(), "sh", "-c", 'umask; echo "$1"', "sh", "a b"], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == [*lines("pmks-code.service", "UMask"), "a b"]
