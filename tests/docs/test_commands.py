"""What a command says of itself holds: its examples can be typed, it ends with a code of the table, and it prints where
and what it says."""

from __future__ import annotations

import ast
import json
import re
import shlex
import shutil
import sys
import tomllib
from importlib import import_module
from importlib.metadata import version
from io import StringIO
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pipelines.cli import main
from pipelines.commands.demo import show_one
from pipelines.docs.commands import EXIT_CODES
from pipelines.interruption import SIGNALS
from pipelines.progress import Bar, bars
from pipelines.settings import DATA, INBOX, PROFILE, SETTINGS, in_force
from pipelines.terminal import WIDE, results
from pipelines.texts.lookup import Texts, examples
from tests.support.finished import PROJECT
from tests.unit.pipelines.test_texts import commands

TRIED = {"corrections", "review.agreement", "review.list", "settings", "witness"}
"""Commands that only look, and take no time: their examples are run on the sample, not only read."""
ALSO_TRIED = ("pmks status", "pmks trace 16.10.05.2036", "pmks trace '16.10.05.2037/2025/data warga.xlsx' --json")
CONVERSING = {"ask", "explore"}
"""Commands that a person answers as they go on."""
WRITING = re.compile("--add-to|--timestamp-query")
FILES = (
    "records.parquet",
    "aturan.csv",
    "tinjauan.xlsx",
    "sampel.xlsx",
    "2026-01-31.tar",
    "bukti.html",
    "kepala.tsr",
    "otoritas.pem",
)


@pytest.fixture(autouse=True)
def _no_setting_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Options are written into the environment, for child processes."""
    for name in (DATA, INBOX, PROFILE):
        monkeypatch.setenv(name, "")


def lines() -> list[tuple[str, str]]:
    return [(name, line) for name, known in examples().items() for line in known]


def parsed(command: click.Command, args: list[str], parent: click.Context | None = None) -> str:
    """The name of the command that `args` lead to, all of them read and nothing run."""
    context = command.make_context(command.name or "pmks", args, parent=parent)
    if not isinstance(command, click.Group):
        return command.name or ""
    _, found, rest = command.resolve_command(context, [*context._protected_args, *context.args])
    assert found is not None
    return parsed(found, rest, context)


def test_every_command_has_an_example_and_no_example_is_of_none() -> None:
    paths = {".".join(context.command_path.split()[1:]) or "pmks" for context in commands()}
    assert paths == set(examples())
    assert all(examples().values())


@pytest.mark.parametrize(("name", "line"), lines())
def test_an_example_can_be_typed(name: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "samples").symlink_to(PROJECT / "samples")
    for file in FILES:
        (tmp_path / file).touch()
    program, *args = shlex.split(line)
    assert program == "pmks"
    led_to = parsed(main, args)
    assert name == "pmks" or led_to in name.split(".") or name in line


def test_examples_that_only_look_run_on_the_sample(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PMKS_DATA", str(finished))
    known = [line for _, line in lines()]
    assert set(ALSO_TRIED) <= {shlex.join(shlex.split(line)) for line in known}
    for line in [line for name, line in lines() if name in TRIED and not WRITING.search(line)] + [*ALSO_TRIED]:
        done = CliRunner().invoke(main, shlex.split(line)[1:])
        assert (done.exit_code, done.exception) == (0, None), line
        assert not done.stderr
        if "--json" in line:
            assert json.loads(done.stdout) is not None


def test_the_table_of_exit_codes_is_what_the_code_ends_with() -> None:
    """A command that falls through ends with 0, click's `ClickException` with 1 and `UsageError` with 2."""
    ends = {0, click.ClickException.exit_code, click.UsageError.exit_code, *(128 + number for number in SIGNALS)}
    for path in (PROJECT / "pipelines/commands").glob("*.py"):
        module = import_module(f"pipelines.commands.{path.stem}")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("SystemExit", "Ended"):
                for part in ast.walk(node.args[0]):
                    found = part.value if isinstance(part, ast.Constant) else getattr(part, "id", None)
                    found = getattr(module, found, None) if isinstance(found, str) else found
                    ends |= {found} if isinstance(found, int) else set()
    assert ends == set(EXIT_CODES)


def test_a_command_ends_with_the_code_of_what_came_of_it(finished: Path, tmp_path: Path) -> None:
    (tmp_path / "aturan.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    for code, *args in (
        (0, "status", "--data", finished),
        (1, "rules", "check", tmp_path / "aturan.csv"),
        (1, "trace", "nobody", "--data", finished),
        (2, "status", "--data", tmp_path / "nothing"),
        (2, "status", "--no-such-option"),
    ):
        assert CliRunner().invoke(main, list(map(str, args))).exit_code == code, args


def test_the_version_is_that_of_the_package() -> None:
    assert CliRunner().invoke(main, ["--version"]).stdout == f"pmks {version('pmks-referral-pipeline')}\n"


@pytest.mark.parametrize(
    ("args", "meant"),
    [
        (("rnu",), "run"),
        (("review", "exprt"), "export"),
        (("status", "--jsn"), "--json"),
        (("explore", "reshos"), "rehsos"),
        (("corrections", "--village", "16.10.05.2306"), "16.10.05.2036"),
        (("trace", "16.10.05.2306"), "16.10.05.2036"),
        (("run", "--profile", "full2012", "--inbox", str(PROJECT / "samples/inbox")), "full-2012"),
    ],
)
def test_who_mistypes_is_told_what_is_near(finished: Path, args: tuple[str, ...], meant: str) -> None:
    data = ["--data", str(finished)] if len(args) > 1 and args[0] != "review" else []
    told = CliRunner().invoke(main, [*args, *data])
    assert told.exit_code > 0
    assert meant in told.stderr and not told.stdout


def test_quiet_says_nothing_where_nothing_is_wrong_and_all_of_what_is(finished: Path, tmp_path: Path) -> None:
    home, inbox = shutil.copytree(finished, tmp_path / "home"), tmp_path / "inbox"  # nobody else has this one open
    inbox.mkdir()
    unfit = CliRunner().invoke(main, ["doctor", "--quiet", "--data", str(home)])
    fit = CliRunner().invoke(main, ["doctor", "--quiet", "--data", str(home), "--inbox", str(inbox)])
    assert (fit.exit_code, fit.output) == (0, "")
    assert unfit.exit_code == 1 and "The inbox" in unfit.stdout and "ok" not in unfit.stdout.split()


def test_every_command_that_no_person_answers_takes_the_same_options() -> None:
    for context in commands():
        taken = {option for parameter in context.command.params for option in parameter.opts}
        assert {"--lang", "--version"} <= taken
        if not isinstance(context.command, click.Group) and context.info_name not in CONVERSING:
            assert {"--json", "--quiet"} <= taken, context.command_path


def test_each_command_says_its_version() -> None:
    for context in commands():
        asked = CliRunner().invoke(main, [*context.command_path.split()[1:], "--version"])
        assert (asked.exit_code, asked.stdout) == (0, f"pmks {version('pmks-referral-pipeline')}\n")


def test_an_answer_is_json_alone_or_nothing(finished: Path, tmp_path: Path) -> None:
    home = shutil.copytree(finished, tmp_path / "home")
    inbox, new = ["--inbox", str(PROJECT / "samples/inbox")], [str(tmp_path / f"new{number}") for number in range(9)]
    keys: dict[tuple[str, ...], set[str]] = {
        ("status",): {"pmks_files", "summary"},
        ("status", "--as-of", "2099-01-01"): {"as_of", "referrals"},
        ("run", *inbox): {"succeeded", "changed", "summary"},
        ("plan", *inbox): {"changes", "before", "after", "entries", "reworded"},
        ("doctor", *inbox): {"healthy", "checks"},
        ("verify", "--quick"): {"holds", "claims", "tables"},
        ("corrections",): {"replaced", "waiting"},
        ("signoff",): {"signed", "unsigned"},
        ("witness",): {"entry", "head", "at"},
        ("open",): {"rehsos", "dayasos", "jamsos", "corrections", "reports", "plan", "data"},
        ("prune",): {"gone", "kept", "days"},
        ("audit",): {"file", "head", "whole"},
        ("report", new[0]): {"file", "balanced"},
        ("backup", new[1]): {"file", "files", "bytes", "head"},
        ("spotcheck", "draw", f"{new[2]}.xlsx"): {"workbook", "sample", "seed", "strata"},
        ("review", "export", f"{new[3]}.xlsx"): {"workbook", "pairs", "households"},
        ("review", "agreement"): {"compared", "contradictions"},
        ("match", "train", "--out", new[4]): {"model", "hash"},
    }
    for line, named in keys.items():
        asked = CliRunner().invoke(main, [*line, "--json", "--data", str(home)])
        assert asked.exit_code == 0, (line, asked.output)
        assert named <= json.loads(asked.stdout).keys(), line
        for file in tmp_path.glob("new*"):
            file.unlink()
        said = CliRunner().invoke(main, [*line, "--quiet", "--data", str(home)])
        assert said.exit_code == 0
        if line[0] not in ("status", "signoff"):
            assert said.stdout == "", line
    for lines_ in (("settings",), ("review", "list"), ("openlineage",), ("trace", "16.10.05.2036")):
        assert json.loads(CliRunner().invoke(main, [*lines_, "--json", "--data", str(home)]).stdout) is not None


def test_a_run_counts_for_programs_what_it_shows(finished: Path, tmp_path: Path) -> None:
    home = shutil.copytree(finished, tmp_path / "home")
    args = ["run", "--inbox", str(PROJECT / "samples/inbox"), "--data", str(home)]
    answer = json.loads(CliRunner().invoke(main, [*args, "--json"]).stdout)
    shown = " ".join(CliRunner().invoke(main, args).stdout.split())
    summary = answer["summary"]
    assert (answer["succeeded"], answer["changed"]) == (True, False)
    assert f"{summary['people']} people in {summary['households']} households" in shown
    assert f"all {' '.join(str(sum(counts.values())) for counts in summary['referrals'].values())}" in shown
    assert f"files {sum(summary['files'].values())} " in shown
    assert all(f"{file['outcome']} {file['path']}" in shown for file in summary["waiting"])
    assert all(f"{count} {code}:" in shown for code, count in list(summary["quarantine"].items())[:3])


def test_quiet_status_names_only_what_waits_for_a_person(finished: Path) -> None:
    said = CliRunner().invoke(main, ["status", "--quiet", "--data", str(finished)])
    assert said.exit_code == 0 and "No header row was found" in said.stdout and "Referrals" not in said.stdout


def test_who_asks_for_json_and_is_refused_gets_no_answer(finished: Path) -> None:
    refused = CliRunner().invoke(main, ["trace", "nobody", "--json", "--data", str(finished)])
    assert refused.exit_code == 1 and not refused.stdout and refused.stderr


def test_through_a_pipe_there_is_no_progress_and_no_line_is_folded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with bars() as shown:
        bar = Bar(shown, Texts("en"))
        bar.start("runs", 1)
        bar.advance()
    results().print("word " * 150)
    out, err = capsys.readouterr()
    assert err == "" and len(out.splitlines()) == 1 < WIDE


def test_whoever_looks_sees_progress_on_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Screen(StringIO):
        def isatty(self) -> bool:
            return True

    screen, out = Screen(), StringIO()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(sys, "stdout", out)
    for quiet in (True, False):
        assert not screen.getvalue()
        with bars(quiet=quiet) as shown:
            bar = Bar(shown, Texts("en"))
            bar.start("runs", 1)
            bar.advance()
    assert "Log the run" in screen.getvalue() and not out.getvalue()


def test_a_demonstration_wants_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    refused = CliRunner().invoke(main, ["demo", str(tmp_path)])
    assert refused.exit_code == 2 and "is not empty" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_demonstration_ends_with_a_referral_and_its_cells(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_one(finished / "warehouse.duckdb", Texts("id"))
    shown = capsys.readouterr().out
    assert "Satu rujukan" in shown and "    sel: " in shown


def test_what_init_writes_says_what_holds_and_is_kept(tmp_path: Path) -> None:
    made = CliRunner().invoke(main, ["init", "--data", str(tmp_path / "home")])
    file = tmp_path / "home" / "pmks.toml"
    assert made.exit_code == 0 and (tmp_path / "home" / "inbox").is_dir()
    held, text = in_force(), file.read_text(encoding="utf-8")
    set_ = re.sub(rf"^# (?=({'|'.join(SETTINGS)}) = )", "", text, flags=re.MULTILINE)
    assert set(tomllib.loads(set_)) == set(SETTINGS) and not tomllib.loads(text)
    file.write_text(set_, encoding="utf-8")
    assert {name: now.value for name, now in in_force().items()} == {name: was.value for name, was in held.items()}
    again = CliRunner().invoke(main, ["init", "--data", str(tmp_path / "home")])
    assert again.exit_code == 2 and file.read_text(encoding="utf-8") == set_


def test_bash_takes_the_completion_that_the_page_shows() -> None:
    assert shutil.which("bash")
    done = CliRunner().invoke(main, prog_name="pmks", env={"_PMKS_COMPLETE": "bash_source"})
    assert done.exit_code == 0 and "complete -o nosort -F" in done.stdout
