"""Options that several commands share, and the data home they lead to."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from pipelines.commands.language import QUIET_OPTION, texts
from pipelines.commands.suggestions import with_names
from pipelines.settings import SettingError, from_options
from warehouse.home import DataHome
from warehouse.migrations import FormatError, require_version

SECOND_LOOK_SECONDS = 1.0
"""Who runs a command is waiting: files too new to be trusted are looked at again after this long."""
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
"""The kind of an argument or option that names a file to read."""
NEW_FILE = click.Path(dir_okay=False, path_type=Path)
"""The kind of one that names a file to write."""


class _NewWorkbook(click.Path):
    """Excel opens no workbook whose name ends otherwise, and whoever gets it could not fill it in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(str(super().convert(value, param, ctx)))
        if path.suffix.lower() != ".xlsx":
            self.fail(texts()("wrong.no_xlsx", file=path), param, ctx)
        return path


NEW_WORKBOOK = _NewWorkbook(dir_okay=False, path_type=Path)
"""The kind of one that names a workbook to write."""
_FOLDER = click.Path(file_okay=False, path_type=Path)
Function = TypeVar("Function", bound=Callable[..., Any])


def data_option(command: Function) -> Function:
    """`--data DIR`: the data home, over `PMKS_DATA`."""
    return click.option("--data", type=_FOLDER)(command)


def quiet_option(command: Function) -> Function:
    """`--quiet`, for a command of whose answer something is to be mended: cron mails whatever is printed."""
    return click.option(QUIET_OPTION, is_flag=True)(command)


def inbox_option(command: Function) -> Function:
    """`--inbox DIR`: where village files are, over `PMKS_INBOX`."""
    return click.option("--inbox", type=click.Path(exists=True, file_okay=False, path_type=Path))(command)


def home_of(data: Path | None, inbox: Path | None = None, profile: str | None = None) -> DataHome:
    """The data home that options and environment name; exit code 2 where a variable holds what cannot be its value."""
    try:
        return from_options(data, inbox, profile)
    except SettingError as error:
        raise click.UsageError(texts()("wrong.setting", where=error.where, value=error.value)) from None


def existing(home: DataHome) -> DataHome:
    """The same home, if a run has ever finished in it, of this version; else a message and exit code 2."""
    try:
        require_version(home.lake)
    except FormatError as error:
        raise click.UsageError(str(error)) from None
    if not home.warehouse.exists():
        raise click.UsageError(texts()("wrong.no_warehouse", root=home.root))
    return home


def home_to_refresh(data: Path | None, inbox: Path | None, profile: str | None) -> DataHome:
    """The data home of a refresh that a person waits for, made; no inbox or a profile that cannot be used: exit code
    2."""
    home = home_with_inbox(data, inbox, profile)
    make_ready(home)
    return home


def home_with_inbox(data: Path | None, inbox: Path | None, profile: str | None) -> DataHome:
    """The data home of a refresh that a person waits for, as it is; no inbox: exit code 2."""
    home = dataclasses.replace(home_of(data, inbox, profile), second_look_seconds=SECOND_LOOK_SECONDS)
    if not home.inbox.exists():
        raise click.UsageError(texts()("wrong.no_inbox", inbox=home.inbox))
    return home


def make_ready(home: DataHome) -> None:
    """Make a data home, or bring it forward; a profile that cannot be used, or a newer home: exit code 2."""
    from assets.referrals.rules import RuleError, load_rules, profiles

    say = texts()
    try:
        load_rules(home.profile)
        home.make()
    except FormatError as error:
        raise click.UsageError(str(error)) from None
    except RuleError as error:
        problems = "\n".join(f"- {problem.text(say.language)}" for problem in error.problems)
        raise click.UsageError(f"{say('wrong.rules', profile=home.profile)}\n{problems}") from None
    except FileNotFoundError:
        unknown = say("wrong.no_rules", profile=home.profile, known=", ".join(profiles()))
        raise click.UsageError(with_names(unknown, say, home.profile, profiles())) from None
