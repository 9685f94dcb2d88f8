"""`pmks openlineage`: a run as OpenLineage events, for a catalogue of lineage elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pipelines.commands.language import Command, texts
from pipelines.commands.options import data_option, existing, home_of


@click.command(cls=Command)
@click.option("--run", "run_id", metavar="RUN")
@click.option("--to", "goal", metavar="FILE|URL")
@data_option
def openlineage(run_id: str | None, goal: str | None, data: Path | None) -> list[dict[str, object]]:
    from pipelines.openlineage import deliver, events_of
    from warehouse.chain import RUN, ledger_of, read_chain

    home, say = existing(home_of(data)), texts()
    links, _ = read_chain(ledger_of(home))
    runs = [link for link in links if link.kind == RUN and run_id in (None, link.said["run_id"])]
    if not runs:
        raise click.ClickException(say("openlineage.no_run"))
    events = events_of(runs[-1])
    if goal is None:
        for event in events:
            click.echo(json.dumps(event, ensure_ascii=False))
        return events
    try:
        deliver(events, goal)
    except OSError as error:
        raise click.ClickException(say("openlineage.not_sent", why=type(error).__name__)) from None
    click.echo(say("openlineage.sent", count=len(events)))
    return events
