"""`pmks forget`: erase what is kept of a person, at that person's request."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.markup import escape

from pipelines.commands.language import Command, texts
from pipelines.commands.options import data_option, existing, home_of, inbox_option
from pipelines.texts.lookup import Texts
from warehouse.access import login_name
from warehouse.erasures import unfinished_note

if TYPE_CHECKING:
    from pipelines.erasure.forget import Left


@click.command(cls=Command)
@click.argument("person_id", metavar="PERSON_ID")
@click.option("--reason", required=True, metavar="TEXT")
@click.option("--yes", is_flag=True)
@inbox_option
@data_option
def forget(person_id: str, reason: str, yes: bool, inbox: Path | None, data: Path | None) -> None:
    from pipelines.commands.run import execute
    from pipelines.erasure.forget import complete, erase, search, workbooks_left
    from pipelines.liveness import living_processes

    home, say, console = existing(home_of(data, inbox)), texts(), Console()
    if not reason.strip():
        raise click.UsageError(say("forget.no_reason"))
    if living_processes(home):
        raise click.UsageError(say("forget.run_going_on"))
    what = search(home, person_id)
    if what is None and not unfinished_note(home).exists():
        raise click.UsageError(say("forget.unknown", id=person_id))
    left = None
    if what is not None:
        console.print(say("forget.found", id=what.person.person_id, files=what.files, rows=what.rows))
        if not yes:
            click.confirm(say("forget.confirm"), abort=True)
        now = datetime.now(UTC).replace(tzinfo=None)
        left = erase(home, what, by=login_name(), reason=reason.strip(), at=now)
    succeeded, _ = execute(home, console, say)
    if not succeeded:
        console.print(say("forget.unfinished"), soft_wrap=True)
        raise SystemExit(1)
    complete(home)
    console.print(say("forget.done"), soft_wrap=True)
    if what is not None and left is not None:
        _show_left(workbooks_left(home, what, left), console, say)


def _show_left(left: Left, console: Console, say: Texts) -> None:
    """Say what could not be reached, and whose it is."""
    if left.unread:
        console.print(say("forget.unread", count=left.unread), soft_wrap=True)
    for what, places in (("inbox", left.inbox), ("other", [str(path) for path in left.other])):
        if places:
            console.print(say(f"forget.{what}", count=len(places)), soft_wrap=True)
            for place in places:
                console.print(f"  {escape(place)}", highlight=False, soft_wrap=True)
