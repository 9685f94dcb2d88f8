"""`pmks explore`: look at what one directorate received in the browser of this machine; changes nothing.

Indonesian unless chosen otherwise: officers of directorates use it.
"""

from __future__ import annotations

from pathlib import Path

import click
import duckdb

from pipelines.commands.language import Command, texts
from pipelines.commands.options import data_option, home_of
from pipelines.commands.suggestions import with_names
from validation.directorates import directorates
from warehouse.connection import opened

PORT = 8750


@click.command(cls=Command, converses=True, speaks="id")
@click.argument("what", metavar="DIRECTORATE|FILE")
@click.option("--port", type=click.IntRange(1, 65535), default=PORT)
@data_option
def explore(what: str, port: int, data: Path | None) -> None:
    from pipelines.explore.server import HOST, KEY, new_key, serve

    say = texts()
    file = home_of(data).published / what / "rujukan.duckdb" if what in directorates() else Path(what)
    if not file.is_file():
        nothing = say("explore.nothing", file=file, directorates=", ".join(directorates()))
        raise click.UsageError(with_names(nothing, say, what, directorates()))
    try:
        with opened(file, read_only=True) as con:
            con.execute("SELECT count(*) FROM rujukan")
    except duckdb.Error:
        raise click.ClickException(say("explore.unreadable", file=file)) from None
    key = new_key()
    click.echo(say("explore.open", address=f"http://{HOST}:{port}/?{KEY}={key}"))
    serve(file, port, key)
