"""What click says about wrong use, in the language of the command: its English sentences stand beside Indonesian ones
in `pipelines/texts/wrong_use.csv`; one that does not stand there is shown as it is."""

from __future__ import annotations

import re
import sys
from typing import IO, Any

import click

from pipelines.texts.lookup import Texts, wrong_uses


class Said(click.ClickException):
    """An error as it is shown in a language other than click's, below the lines `above`."""

    def __init__(self, error: click.ClickException, say: Texts, *above: str) -> None:
        super().__init__(in_indonesian(error.format_message()))
        self.lines = [*above, say("wrong.error", message=self.message)]

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo("\n".join(self.lines), file=file or sys.stderr)


class WrongUse(Said):
    """The same of a command that was used wrongly."""

    exit_code = click.UsageError.exit_code


def said(error: click.ClickException, ctx: click.Context, say: Texts) -> click.ClickException:
    """The error as the command of `ctx` shows it; `say`: the texts in its language."""
    if say.language == "en" or isinstance(error, (Said, click.exceptions.NoArgsIsHelpError)):
        return error
    if isinstance(error, click.UsageError):
        used = error.ctx or ctx
        return WrongUse(error, say, used.get_usage(), say("wrong.help", command=f"{used.command_path} --help"), "")
    return Said(error, say)


def in_indonesian(message: str) -> str:
    """A sentence of click in Indonesian, and those within it; one that is not known as it is.

    >>> in_indonesian("Invalid value for 'FILE': File 'a.csv' does not exist.")
    "'FILE' tidak dapat dipakai: Berkas 'a.csv' tidak ada."
    """
    for english, indonesian in wrong_uses().items():
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(english))
        if found := re.fullmatch(pattern, message, re.DOTALL):
            values = found.groupdict()
            if "message" in values:
                values["message"] = in_indonesian(values["message"])
            return indonesian.format(**values)
    return message
