"""Options that several commands share, and the data home they lead to."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from assets.referrals.rules import RuleError, load_rules
from warehouse.home import DataHome

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
    """The same home, if a run has ever finished in it; else a message and exit code 2."""
    if not home.warehouse.exists():
        raise click.UsageError(f"There is no warehouse in {home.root} yet. Run: pmks run --data {home.root}")
    return home


def check_profile(profile: str) -> None:
    """Refuse a profile that cannot be used before anything is run: its problems, and exit code 2."""
    try:
        load_rules(profile)
    except (RuleError, FileNotFoundError) as error:
        raise click.UsageError(str(error)) from None
