"""`pmks trace`: from any id to the cells it came from and the rule that made it, and from cells and files forwards, out
of the warehouse alone.

Basis, reason and path are quoted as the warehouse holds them, whatever the language.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click
import duckdb

from pipelines.commands.language import Command, texts
from pipelines.commands.options import FILE, NEW_FILE, data_option, existing, home_of
from pipelines.commands.suggestions import with_ids
from pipelines.texts.lookup import Texts
from warehouse.connection import is_locked
from warehouse.files import write_whole
from warehouse.tracing import Step, trace_id

WORDS = ("outcome", "severity", "origin")
"""Values that are codes, with a text in each language."""


@click.command(cls=Command)
@click.argument("any_id", metavar="ID")
@data_option
@click.option("--html", "page", type=NEW_FILE)
@click.option("--file", type=FILE)
def trace(any_id: str, data: Path | None, page: Path | None, file: Path | None) -> list[dict[str, object]]:
    say, warehouse = texts(), file or existing(home_of(data)).warehouse
    try:
        steps = trace_id(warehouse, any_id.strip())
    except duckdb.Error as error:
        if file is None or is_locked(error):
            raise
        raise click.ClickException(say("trace.unreadable", file=file)) from None
    if not steps:
        unknown = say("trace.unknown", id=any_id)
        raise click.ClickException(with_ids(unknown, say, any_id.strip(), warehouse))
    if page is not None:
        from pipelines.commands.trace_page import as_page

        text = as_page(steps, [line(step, say) for step in steps], f"pmks trace {any_id}", say.language)
        write_whole(page, text.encode())
    else:
        show_steps(steps, say)
    return [{"kind": step.kind, **step.values} for step in steps]


def show_steps(steps: Iterable[Step], say: Texts) -> None:
    """Print the steps of a way, a line each."""
    for step in steps:
        click.echo(line(step, say))


def line(step: Step, say: Texts) -> str:
    """A step of the way, as a line of text."""
    words = {name: say(f"{name}.{step.values[name]}") for name in WORDS if name in step.values}
    return say(f"trace.{step.kind}", **{**step.values, **words})
