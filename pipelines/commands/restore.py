"""`pmks restore`: a backup brought back into an empty data home."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.commands.language import Command, texts
from pipelines.commands.options import FILE, data_option, home_of


@click.command(cls=Command)
@click.argument("file", type=FILE)
@data_option
def restore(file: Path, data: Path | None) -> dict[str, object]:
    from pipelines.backup import BackupError, restore

    home, say = home_of(data), texts()
    try:
        found = restore(file, home)
    except BackupError as error:
        raise click.ClickException(str(error)) from None
    click.echo(say("restore.made", count=found.files, root=home.root, head=found.head))
    return {"data": home.root, **found._asdict()}
