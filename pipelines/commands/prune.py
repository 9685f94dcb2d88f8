"""`pmks prune`: let go of old runs in Dagster's log."""

from __future__ import annotations

import time
from pathlib import Path

import click

from pipelines.commands.language import Command, texts
from pipelines.commands.options import data_option, home_of


@click.command(cls=Command)
@data_option
def prune(data: Path | None) -> dict[str, object]:
    from pipelines.instance import as_it_is
    from pipelines.pruning import prune as let_go
    from pipelines.settings import run_days

    home, say, days = home_of(data), texts(), run_days()
    with as_it_is(home) as instance:
        if instance is None or not days:
            click.echo(say("prune.nothing"))
            return {"gone": 0}
        done = let_go(instance, days, time.time())
    click.echo(say("prune.done", gone=done.gone, kept=done.kept, days=days))
    return {"gone": done.gone, "kept": done.kept, "days": days}
