"""`pmks demo`: everything on invented lists in a folder of its own, and one referral walked back to its cells."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.commands.language import Command, end, texts
from pipelines.commands.options import home_to_refresh
from pipelines.commands.run import refreshed
from pipelines.commands.trace import show_steps
from pipelines.interruption import ending_on_signals
from pipelines.sample_inbox.inbox import write_sample_inbox
from pipelines.summary import counts
from pipelines.terminal import errors, results
from pipelines.texts.lookup import Texts
from validation.directorates import directorates
from warehouse.connection import opened
from warehouse.tracing import trace_id

SEED = 2011
"""With it the lists are those of `samples/inbox`, and so is what becomes of them."""


@click.command(cls=Command)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def demo(folder: Path) -> None:
    say, folder = texts(), folder.absolute()
    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(say("demo.not_empty", folder=folder))
    inbox = folder / "inbox"
    report = write_sample_inbox(inbox, seed=SEED)
    click.echo(say("sample.written", files=report.files, rows=report.rows, target=inbox) + "\n")
    home = home_to_refresh(folder, inbox, None)
    with ending_on_signals(lambda: errors().print(say("run.interrupted"))):
        succeeded = refreshed(home, say).succeeded
    shown = show_one(home.warehouse, say) if succeeded else ""
    answer = {"data": home.root, "succeeded": succeeded, "traced": shown}
    end(succeeded, lambda: {**answer, "summary": counts(home) if succeeded else None})


def show_one(warehouse: Path, say: Texts) -> str:
    """Print the way of one referral, that of the first directorate with the smallest id, and return that id."""
    with opened(warehouse, read_only=True) as con:
        found = con.execute(f"SELECT min(referral_id) FROM referrals.{next(iter(directorates()))}").fetchone()
    if found is None or found[0] is None:
        return ""
    results().print("\n" + say("demo.one"))
    show_steps(trace_id(warehouse, found[0]), say)
    return str(found[0])
