"""`pmks settings`: every setting, its value, and where it was set."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.commands.language import Command, texts
from pipelines.commands.options import data_option, home_of
from pipelines.settings import in_force


@click.command(cls=Command)
@data_option
def settings(data: Path | None) -> dict[str, dict[str, str]]:
    say = texts()
    home_of(data)
    found = in_force()
    width = max(map(len, found))
    for name, (text, where) in found.items():
        shown = f"{text}  ({where or say('settings.default')})" if text else say("settings.unset")
        click.echo(f"{name:<{width}}  {shown}")
    return {name: setting._asdict() for name, setting in found.items()}
