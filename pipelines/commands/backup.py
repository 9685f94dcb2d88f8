"""`pmks backup`: all of a home that cannot be made again, in one file."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.commands.language import Command, texts
from pipelines.commands.options import NEW_FILE, data_option, existing, home_of


@click.command(cls=Command)
@click.argument("file", type=NEW_FILE)
@data_option
def backup(file: Path, data: Path | None) -> dict[str, object]:
    from pipelines.backup import back_up

    home, say = existing(home_of(data)), texts()
    try:
        made = back_up(home, file, lambda: click.echo(say("backup.waits"), err=True))
    except FileExistsError:
        raise click.UsageError(say("backup.exists", file=file)) from None
    click.echo(say("backup.made", count=made.files, megabytes=say.number(made.bytes // 1_000_000), head=made.head))
    if not home.key_file.is_relative_to(home.root):
        click.echo(say("backup.key", file=home.key_file))
    return {"file": file.absolute(), **made._asdict()}
