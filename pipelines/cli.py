"""The command line: `pmks`. One group of commands a file, loaded when it is asked for; nothing is computed here."""

from __future__ import annotations

import atexit
import errno
import gc
import sys
from importlib import import_module
from pathlib import Path

import click

from pipelines.commands.language import Group

COMMANDS = (
    "run", "plan", "status", "doctor", "alert", "forget", "match", "review", "corrections", "open", "explore", "rules",
    "trace", "verify", "witness", "capsule", "audit", "report", "openlineage", "signoff", "spotcheck", "rebuild",
    "demo", "sample", "init", "settings", "backup", "restore", "prune",
    "ducklake", "sync",
)  # fmt: skip
"""The commands, each in the module of `pipelines.commands` with its name."""


def _not_what_follows_a_failed_write(event: sys.UnraisableHookArgs) -> None:
    """Say nothing of what a library meets when it closes a file on a disk that failed: the failure itself is told."""
    if not isinstance(event.exc_value, OSError):
        sys.__unraisablehook__(event)


sys.unraisablehook = _not_what_follows_a_failed_write
atexit.register(gc.freeze)  # or all is looked through once more at the end, although the memory goes with the process


class _Commands(Group):
    """A group that imports a command only when it is asked for: `pmks run` loads nothing of the others."""

    shows_version = True

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. What the system refuses, such as room on the disk, ends it with one line."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            from warehouse.errors import of_system

            refused = of_system(error)
            if refused is None or refused.errno == errno.EPIPE:
                raise
            where = f": {Path(refused.filename).parent}" if isinstance(refused.filename, str) else ""
            raise click.ClickException(f"{refused.strerror}{where}") from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:  # click looks among the commands that are loaded, and none is
            raise click.NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"pipelines.commands.{cmd_name}"), cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    pass
