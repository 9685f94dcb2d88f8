"""`pmks alert`: tell by e-mail or webhook what is newly wrong with this installation, and what is well again."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.commands.language import Command, end, texts
from pipelines.commands.options import data_option, home_of, inbox_option, quiet_option
from pipelines.settings import alerting


@click.command(cls=Command)
@inbox_option
@data_option
@quiet_option
def alert(inbox: Path | None, data: Path | None, quiet: bool) -> None:
    from pipelines.alerts import tell

    home, say, given = home_of(data, inbox), texts(), alerting()
    if not (given.mail or given.webhook):
        raise click.UsageError(say("alert.nobody"))
    told = tell(home, given, say)
    if not quiet:
        click.echo(say("alert.told", count=told.messages))
    for channel, kind in told.failed.items():
        click.echo(say("alert.failed", channel=channel, error=kind), err=True)
    end(not told.failed, {"told": told.messages, "failed": told.failed})
