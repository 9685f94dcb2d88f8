"""`pmks prune`: let go of old runs in Dagster's log."""

from __future__ import annotations

import time
from pathlib import Path

import click

from pipelines.commands.language import Command, texts
from pipelines.commands.options import data_option, home_of, quiet_option


@click.command(cls=Command)
@data_option
@quiet_option
def prune(data: Path | None, quiet: bool) -> None:
    from pipelines.instance import as_it_is
    from pipelines.pruning import prune as let_go
    from pipelines.settings import run_days

    home, say, days = home_of(data), texts(), run_days()
    with as_it_is(home) as instance:
        if instance is None or not days:
            said = say("prune.nothing")
        else:
            done = let_go(instance, days, time.time())
            said = say("prune.done", gone=done.gone, kept=done.kept, days=days)
    if not quiet:
        click.echo(said)
