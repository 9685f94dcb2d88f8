"""`pmks trace`: from any id to the cells it came from and the rule that made it, out of the warehouse alone.

Basis, reason and path are quoted as the warehouse holds them, whatever the language.
"""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from pipelines.commands.language import Command, texts
from pipelines.commands.options import data_option, existing, home_of
from pipelines.texts.lookup import Texts
from warehouse.tracing import Step, trace_id

WORDS = ("outcome", "severity")
"""Values that are codes, with a text in each language."""


@click.command(cls=Command)
@click.argument("any_id", metavar="ID")
@data_option
def trace(any_id: str, data: Path | None) -> None:
    say = texts()
    steps = trace_id(existing(home_of(data)).warehouse, any_id)
    if not steps:
        raise click.ClickException(say("trace.unknown", id=any_id))
    console = Console()
    for step in steps:
        console.print(line(step, say), markup=False, highlight=False, soft_wrap=True)


def line(step: Step, say: Texts) -> str:
    """A step of the way back, as a line of text."""
    words = {name: say(f"{name}.{step.values[name]}") for name in WORDS if name in step.values}
    return say(f"trace.{step.kind}", **{**step.values, **words})
