"""`pmks witness`: the head of the chain as one line, to be kept where nobody who can write the data home can."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from pipelines.commands.language import Command, texts
from pipelines.commands.options import NEW_FILE, data_option, existing, home_of
from warehouse.chain import last_head, witness_line


@click.command(cls=Command)
@data_option
@click.option("--add-to", "file", type=NEW_FILE)
@click.option("--timestamp-query", "query", type=NEW_FILE)
def witness(data: Path | None, file: Path | None, query: Path | None) -> dict[str, object]:
    home = existing(home_of(data))
    number, head = last_head(home)
    if not head:
        raise click.ClickException(texts()("witness.none"))
    if query is not None:
        from warehouse.timestamps import timestamp_query

        query.write_bytes(timestamp_query(home))
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    line = witness_line(number, head, at)
    if file is None:
        click.echo(line)
    else:
        with file.open("a", encoding="utf-8") as lines:
            lines.write(line + "\n")
    return {"entry": number, "head": head, "at": at}
