"""`pmks rebuild`: lake, warehouse and published files made anew from the archive, the ledgers and the registry."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import click
from rich.markup import escape

from assets.intake.formats.isolation import ReaderPool
from assets.intake.turns import limits_of, without_budgets
from pipelines.commands.language import Command, end, texts
from pipelines.commands.options import data_option, home_of, quiet_option
from pipelines.interruption import ending_on_signals
from pipelines.progress import Bar, bars
from pipelines.summary import counts, show_repairs, show_summary
from pipelines.terminal import errors, results
from pipelines.texts.lookup import Texts
from warehouse.home import DataHome
from warehouse.migrations import FormatError


@click.command(cls=Command)
@data_option
@quiet_option
def rebuild(data: Path | None, quiet: bool) -> None:
    home, say = home_of(data), texts()
    if not home.archive.exists():
        raise click.UsageError(say("rebuild.nothing", root=home.root))
    try:
        home.make()
    except FormatError as error:
        raise click.UsageError(str(error)) from None
    with ending_on_signals(lambda: errors().print(say("run.interrupted"))):
        succeeded = _rebuilt(home, say, quiet)
    end(succeeded, lambda: {"succeeded": succeeded, "summary": counts(home) if succeeded else None})


def _rebuilt(home: DataHome, say: Texts, quiet: bool) -> bool:
    """Rebuild, and show what it came to: whether it succeeded."""
    from pipelines.failures import error_line
    from pipelines.rebuilding import rebuild as rebuild_home

    warnings.filterwarnings("ignore")
    begun, failed = datetime.now(UTC).replace(tzinfo=None), None
    try:
        with ReaderPool(home.workers, limits_of(without_budgets(home))), bars(quiet=quiet) as shown:
            rebuild_home(home, Bar(shown, say), run_id=str(uuid4()), at=begun)
    except Exception as error:
        failed, console = error, errors()
        line = escape(error_line(error, home, "rebuild"))
        console.print(f"[red]{say('run.failed_step')}[/] {line}", highlight=False, soft_wrap=True)
        advice = f"advice.{type(error).__name__}"
        if say.has(advice):
            console.print(say(advice, root=escape(str(home.root))), soft_wrap=True)
    if failed is None:
        show_summary(home, results(quiet=quiet), say)
    show_repairs(home, results(), say, since=begun)
    return failed is None
