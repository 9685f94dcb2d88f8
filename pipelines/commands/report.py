"""`pmks report`: quality and flow of everything that came, as a page."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.commands.language import Command, texts
from pipelines.commands.options import NEW_FILE, data_option, existing, home_of


@click.command(cls=Command)
@click.argument("file", type=NEW_FILE, default="pmks-report.html")
@data_option
def report(file: Path, data: Path | None) -> dict[str, object]:
    from pipelines.report.page import page

    home, say = existing(home_of(data)), texts()
    made = page(home, say)
    file.write_text(made.html, encoding="utf-8")
    click.echo(file.absolute())
    if not made.balanced:
        raise click.ClickException(say("report.wrong"))
    return {"file": file.absolute(), "balanced": made.balanced}
