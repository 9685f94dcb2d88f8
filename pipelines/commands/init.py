"""`pmks init`: an empty data home with its inbox, and every setting in it as a comment."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pipelines.commands.language import Command, texts
from pipelines.commands.options import data_option, home_of
from pipelines.settings import SETTINGS, in_force
from warehouse.files import write_whole
from warehouse.migrations import FormatError

HEAD = """\
# The settings of this installation. Take the # before a name to set it; paths count from this folder.
# An option of a command, or a variable PMKS_…, wins over this file; `pmks settings` shows what holds.
"""


@click.command(cls=Command)
@data_option
def init(data: Path | None) -> dict[str, Path]:
    home, say = home_of(data), texts()
    if home.settings_file.exists():
        raise click.UsageError(say("init.exists", file=home.settings_file))
    try:
        home.make()
    except FormatError as error:
        raise click.UsageError(str(error)) from None
    home.inbox.mkdir(parents=True, exist_ok=True)
    write_whole(home.settings_file, settings_file(home.root).encode())
    click.echo(say("init.made", root=home.root, inbox=home.inbox, file=home.settings_file))
    return {"data": home.root, "inbox": home.inbox, "settings": home.settings_file}


def settings_file(root: Path) -> str:
    """`pmks.toml` of the home at `root`: each setting with what it means, and, as a comment, what holds now."""
    parts = [HEAD]
    for name, setting in SETTINGS.items():
        value = in_force()[name].value
        path = Path(value)
        if setting.read is Path and value:
            value = str(path.relative_to(root) if path.is_relative_to(root) else path)
        parts.append(f"# {setting.meaning}\n# {name} = {_as_toml(value)}\n")
    return "\n".join(parts)


def _as_toml(text: str) -> str:
    """A value as TOML writes it: numbers as they are, all else in quotes. JSON's quotes are TOML's."""
    try:
        float(text)
    except ValueError:
        return json.dumps(text, ensure_ascii=False)
    return text
