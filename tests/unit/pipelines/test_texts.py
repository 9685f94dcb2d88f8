"""Every text that commands print exists in both languages, and a command speaks one of them from first to last line."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import click
import pandas as pd
import pytest
from click.testing import CliRunner

from assets.intake.formats.messages import messages
from assets.intake.inbox.discovery import CLOSED, CLOSED_FOLDER, CLOSED_SIDECAR, COPYING, LEADS_OUT
from assets.referrals.conditions import table as rule_table
from pipelines.cli import COMMANDS, main
from pipelines.commands.language import choose, help_of, option_help
from pipelines.commands.wrong_use import in_indonesian
from pipelines.health.checks import CHECKS, DEEP
from pipelines.progress import Bar, bars
from pipelines.settings import LANGUAGES
from pipelines.stages import STAGES
from pipelines.texts.lookup import Texts, english, table
from tests.support.finished import PROJECT
from validation.findings import CATALOGUE
from warehouse.projection import SQL

KEYS = sorted(table())
INDONESIAN = {"plan", "review", "corrections", "explore", "rules", "signoff", "spotcheck", "capsule", "audit"}
"""Commands for reviewers and officers."""


@pytest.fixture(autouse=True)
def _no_language_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PMKS_LANG", raising=False)


def commands(command: click.Command = main, parent: click.Context | None = None) -> Iterator[click.Context]:
    """A context for each command and group."""
    context = click.Context(command, info_name=command.name, parent=parent)
    yield context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from commands(child, context)


def placeholders(text: str) -> set[str]:
    return {name for _, name, *_ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", KEYS)
def test_every_key_has_a_text_in_each_language_with_the_same_values(key: str) -> None:
    texts = table()[key]
    assert set(texts) == set(LANGUAGES)
    assert all(text.strip() for text in texts.values())
    assert len({frozenset(placeholders(text)) for text in texts.values()}) == 1
    assert len({frozenset(re.findall(r"\[/?[a-z ]*\]", text)) for text in texts.values()}) == 1


def test_every_code_that_is_declared_in_indonesian_has_its_english() -> None:
    assert set(english("finding")) == {*CATALOGUE, *messages()}
    assert set(english("check")) == set(pd.read_csv(SQL / "checks.csv")["check"])
    assert set(english("ending")) == set(rule_table("endings.csv")["kode"])


def keys_in(folder: str, pattern: str) -> set[str]:
    """The first argument, where it is a text, of each call of a function named like `pattern` in a folder."""
    found = set()
    for path in sorted((PROJECT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and re.fullmatch(pattern, ast.unparse(node.func)):
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    found.add(str(first.value))
                elif isinstance(first, ast.JoinedStr) and isinstance(first.values[0], ast.Constant):
                    found.add(str(first.values[0].value))
    return found


def test_every_stage_that_reports_progress_has_a_text() -> None:
    shown = keys_in("assets", r"progress\.start") | keys_in("pipelines", r"progress\.start")
    assert shown <= {stage.name for stage in STAGES}
    assert {f"progress.{stage.name}" for stage in STAGES} == {key for key in KEYS if key.startswith("progress.")}


def test_every_text_that_a_command_names_exists() -> None:
    named = keys_in("pipelines", r"say|texts\(\)|texts_of\(ctx\)")
    assert len(named) > 50
    assert [key for key in named if not any(known == key or known.startswith(key) for known in KEYS)] == []


def test_every_finding_of_the_doctor_is_said_with_what_to_do_and_no_text_belongs_to_nothing() -> None:
    codes = {code for code in keys_in("pipelines/health", "Finding") if not code.endswith("_")}
    codes |= {f"inbox_{reason}" for reason in (COPYING, CLOSED, CLOSED_FOLDER, CLOSED_SIDECAR, LEADS_OUT)}
    said = {
        "versions",
        "lake_older",
        "run_going_on",
        "inbox_copying",
        "nothing_yet",
        "waiting",
        "read_again",
        "tried_again",
    }
    expected = {*codes, *(f"{code}_do" for code in codes - said), *(f"check_{name}" for name in (*CHECKS, *DEEP))}
    expected |= {"well", "wrong", "more", "healthy", "unhealthy"}
    assert {f"doctor.{name}" for name in expected} == {key for key in KEYS if key.startswith("doctor.")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_and_option_says_what_it_is_for(language: str) -> None:
    for context in commands():
        choose(context, language)
        assert help_of(context)
        for parameter in context.command.get_params(context):
            if isinstance(parameter, click.Option):
                assert option_help(context, parameter)
        if isinstance(context.command, click.Group):
            assert all(help_of(context, name) for name in context.command.list_commands(context))


def test_help_that_belongs_to_no_command_or_option_is_gone() -> None:
    asked: set[str] = {"help.usage", "help.options", "help.commands", "help.examples", "help.pmks"}
    for context in commands():
        path = context.command_path.split()[1:]
        asked.add(".".join(["help", *path]))
        for option in (p for p in context.command.get_params(context) if isinstance(p, click.Option)):
            name = max(option.opts, key=len).lstrip("-")
            asked |= {".".join(["option", *path, name]), f"option.{name}"}
    assert {key for key in KEYS if key.startswith(("help.", "option."))} <= asked


def invoked(*arguments: str, env: dict[str, str] | None = None) -> str:
    return CliRunner().invoke(main, arguments, env=env).output


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_speaks_its_own_language_unless_another_is_chosen(name: str) -> None:
    own = "Pemakaian:" if name in INDONESIAN else "Usage:"
    assert invoked(name, "--help").startswith(own)
    for chosen, word in (("en", "Usage:"), ("id", "Pemakaian:")):
        assert invoked(name, "--help", "--lang", chosen).startswith(word)
        assert invoked(name, f"--lang={chosen}", "--help").startswith(word)
        assert invoked("--lang", chosen, name, "--help").startswith(word)
        assert invoked(name, "--help", env={"PMKS_LANG": chosen}).startswith(word)
    assert invoked(name, "--help", "--lang", "en", env={"PMKS_LANG": "id"}).startswith("Usage:")


def test_a_subcommand_speaks_as_its_group() -> None:
    assert invoked("review", "list", "--help").startswith("Pemakaian:")
    assert invoked("review", "--lang", "en", "list", "--help").startswith("Usage:")


@pytest.mark.parametrize(("arguments", "env"), [((), {"PMKS_LANG": "fr"}), (("--lang", "fr"), {})])
def test_what_is_no_language_is_refused(arguments: tuple[str, ...], env: dict[str, str]) -> None:
    refused = CliRunner().invoke(main, ["status", *arguments], env=env)
    assert refused.exit_code == 2
    assert "fr" in refused.output


def test_a_message_about_wrong_use_is_in_the_language_of_the_command(tmp_path: Path) -> None:
    assert "There is no warehouse" in invoked("status", "--data", str(tmp_path))
    assert "Belum ada gudang data" in invoked("status", "--data", str(tmp_path), "--lang", "id")


def test_match_takes_files_without_a_subcommand_in_any_language(tmp_path: Path) -> None:
    for before in ((), ("--lang", "id"), ("--lang=id",)):
        assert "match link [OPTIONS] RECORDS OUT" in invoked("match", *before, str(tmp_path / "none"), "out")


def test_numbers_are_written_as_the_language_does_and_texts_are_left_alone() -> None:
    assert Texts("en")("plan.more", count=1234) == "… and 1,234 more in the workbook"
    assert Texts("id")("plan.more", count=1234) == "… dan 1.234 lagi di buku kerja"
    assert Texts("en")("trace.unknown", id="1234") == "Nothing in the warehouse has the id 1234."
    with pytest.raises(ValueError, match="fr"):
        Texts("fr")


@pytest.mark.parametrize(("language", "shown"), [("en", "Publish rehsos"), ("id", "Menerbitkan rehsos")])
def test_the_bar_names_stages_in_its_language_and_counts_their_steps(language: str, shown: str) -> None:
    with bars(quiet=True) as drawn:
        bar = Bar(drawn, Texts(language))
        bar.advance()
        bar.start("directorates:rehsos", 3)
        bar.advance(2)
    (task,) = drawn.tasks
    assert (task.description, task.completed, task.total) == (shown, 2, 3)


@pytest.mark.parametrize("command", ["run", "plan"])
def test_what_the_system_refuses_ends_a_command_with_one_line(tmp_path: Path, command: str) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "file").write_bytes(b"")
    ended = CliRunner().invoke(
        main, [command, "--inbox", str(tmp_path / "inbox"), "--data", str(tmp_path / "file/home")]
    )
    assert ended.exit_code == 1 and isinstance(ended.exception, SystemExit)
    assert "Not a directory" in ended.output and "Traceback" not in ended.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--inbox", "/tidak/ada"), ("runn",), ("run", "--foo"), ("review", "apply", "tidak-ada.xlsx"),
        ("review", "apply", "."), ("review", "revoke"), ("review", "ask"), ("review", "revok"), ("verify", "--run"),
        ("status", "--json=x"), ("corrections", "satu", "dua"), ("sample", "kotak", "--seed", "a"),
        ("match", "train", "--out", "m.json", "tidak-ada.parquet"), ("restore", "tidak-ada.tar"),
    ],
)  # fmt: skip
def test_wrong_use_is_said_in_the_language_of_the_command(arguments: tuple[str, ...]) -> None:
    english = CliRunner().invoke(main, ["--lang", "en", *arguments])
    done = CliRunner().invoke(main, ["--lang", "id", *arguments])
    assert (done.exit_code, english.exit_code) == (2, 2)
    assert done.stderr.startswith("Pemakaian: ") and "\nKesalahan: " in done.stderr
    said_in_english = english.stderr.partition("Error: ")[2]
    assert in_indonesian(said_in_english.strip()) in done.stderr
    words = set(re.findall("[a-z]+", done.stderr.partition("Kesalahan: ")[2].lower()))
    assert not words & {
        "missing",
        "no",
        "such",
        "invalid",
        "value",
        "does",
        "not",
        "did",
        "unexpected",
        "requires",
        "is",
    }


def test_a_sentence_that_is_not_known_stays_as_it_is() -> None:
    assert in_indonesian("Something else.") == "Something else."
