"""Options that several commands share, and the data home they lead to."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from assets.referrals.rules import RuleError, load_rules
from warehouse.home import DataHome
from warehouse.migrations import FormatError, require_version

SECOND_LOOK_SECONDS = 1.0
"""Who runs a command is waiting: files too new to be trusted are looked at again after this long."""
Command = TypeVar("Command", bound=Callable[..., Any])


def data_option(command: Command) -> Command:
    """`--data DIR`: the data home, over `PMKS_DATA`."""
    kind = click.Path(file_okay=False, path_type=Path)
    return click.option("--data", type=kind, help="The data home (default: $PMKS_DATA, else ./data).")(command)


def home_of(data: Path | None, inbox: Path | None = None, profile: str | None = None) -> DataHome:
    """The data home that options and environment name; options win, and child processes see the same."""
    for name, value in (("PMKS_DATA", data), ("PMKS_INBOX", inbox)):
        if value is not None:
            os.environ[name] = str(value.absolute())
    if profile is not None:
        os.environ["PMKS_PROFILE"] = profile
    return DataHome.from_environment()


def existing(home: DataHome) -> DataHome:
    """The same home, if a run has ever finished in it, of this version; else a message and exit code 2."""
    try:
        require_version(home.lake)
    except FormatError as error:
        raise click.UsageError(str(error)) from None
    if not home.warehouse.exists():
        raise click.UsageError(f"There is no warehouse in {home.root} yet. Run: pmks run --data {home.root}")
    return home


def home_to_refresh(data: Path | None, inbox: Path | None, profile: str | None) -> DataHome:
    """The data home of a refresh that a person waits for; no inbox or a profile that cannot be used: exit code 2."""
    home = dataclasses.replace(home_of(data, inbox, profile), second_look_seconds=SECOND_LOOK_SECONDS)
    if not home.inbox.exists():
        raise click.UsageError(f"There is no inbox at {home.inbox}. Name one with --inbox, or make it.")
    try:
        load_rules(home.profile)
        home.make()
    except (FormatError, RuleError, FileNotFoundError) as error:
        raise click.UsageError(str(error)) from None
    return home
