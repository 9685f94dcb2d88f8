"""`pmks open`: what a run made, in the program that this machine opens it with."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.commands.language import Command, texts
from pipelines.commands.options import data_option, existing, home_of
from pipelines.commands.suggestions import with_names
from validation.directorates import directorates
from warehouse.home import DataHome


@click.command(cls=Command)
@click.argument("what", required=False)
@data_option
def open(what: str | None, data: Path | None) -> dict[str, Path]:
    home, say = existing(home_of(data)), texts()
    places = {name: path for name, path in _places(home).items() if path.exists()}
    if what is None:
        for name, path in places.items():
            click.echo(f"{name:<12} {path}")
        return places
    if what not in places:
        raise click.UsageError(with_names(say("open.nothing", what=what, names=", ".join(places)), say, what, places))
    click.echo(places[what])
    if click.launch(str(places[what]), wait=True):
        raise click.ClickException(say("open.no_program"))
    return {what: places[what]}


def _places(home: DataHome) -> dict[str, Path]:
    """What can be opened, by name: a directorate's workbook, or its folder where there is a workbook a kabupaten."""
    lists = {name: home.published / name for name in directorates()}
    books = {name: folder / "rujukan.xlsx" for name, folder in lists.items()}
    return {name: books[name] if books[name].exists() else folder for name, folder in lists.items()} | {
        "corrections": home.corrections,
        "reports": home.published / "laporan",
        "plan": home.plan,
        "data": home.root,
    }
