"""`pmks trace`: from any id to the cells it came from and the rule that made it, out of the warehouse alone."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from pipelines.commands.options import data_option, existing, home_of
from warehouse.tracing import trace_id


@click.command()
@click.argument("any_id", metavar="ID")
@data_option
def trace(any_id: str, data: Path | None) -> None:
    """Walk back from a referral, person, household, record or submission ID to files, sheets, rows and columns."""
    lines = trace_id(existing(home_of(data)).warehouse, any_id)
    if not lines:
        raise click.ClickException(f"Nothing in the warehouse has the id {any_id}.")
    console = Console()
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)
