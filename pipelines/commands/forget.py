"""`pmks forget`: erase what is kept of a person, at that person's request."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.markup import escape

from pipelines.commands.language import Command, texts
from pipelines.commands.options import data_option, existing, home_of, inbox_option
from pipelines.commands.suggestions import with_ids
from pipelines.terminal import errors, results
from pipelines.texts.lookup import Texts
from warehouse.access import login_name
from warehouse.erasures import unfinished_note

if TYPE_CHECKING:
    from pipelines.erasure.forget import Left, Search
    from warehouse.home import DataHome


@click.command(cls=Command)
@click.argument("person_id", metavar="[PERSON_ID]", required=False)
@click.option("--past-retention", is_flag=True)
@click.option("--reason", required=True, metavar="TEXT")
@click.option("--yes", is_flag=True)
@inbox_option
@data_option
def forget(
    person_id: str | None, past_retention: bool, reason: str, yes: bool, inbox: Path | None, data: Path | None
) -> dict[str, object]:
    from pipelines.commands.run import execute
    from pipelines.erasure.forget import complete, erase, workbooks_left
    from pipelines.liveness import living_processes

    home, say, console = existing(home_of(data, inbox)), texts(), results()
    if not reason.strip():
        raise click.UsageError(say("forget.no_reason"))
    if living_processes(home):
        raise click.UsageError(say("forget.run_going_on"))
    if (person_id is None) is not past_retention:
        raise click.UsageError(say("forget.whom"))
    whom = _found(home, person_id, console, say)
    left = None
    if whom:
        if not yes:
            click.confirm(say("forget.confirm"), abort=True, err=True)
        now = datetime.now(UTC).replace(tzinfo=None)
        left = erase(home, whom, by=login_name(), reason=reason.strip(), at=now)
    elif not unfinished_note(home).exists():
        return {"erased": 0}
    succeeded, _ = execute(home, say)
    if not succeeded:
        errors().print(say("forget.unfinished"), soft_wrap=True)
        raise SystemExit(1)
    complete(home)
    console.print(say("forget.done"), soft_wrap=True)
    if left is not None:
        left = workbooks_left(home, whom, left)
        _show_left(left, console, say)
    return {"erased": len(whom), "left": left._asdict() if left else None}


def _found(home: DataHome, person_id: str | None, console: Console, say: Texts) -> list[Search]:
    """Whom the command is about, one person or all past retention, and what names them; said in counts."""
    from pipelines.erasure.forget import search
    from pipelines.erasure.retention import past_retention
    from pipelines.settings import retention_years
    from warehouse.lake import Lake

    if person_id is not None:
        whom = search(home, [person_id])
        if not whom and not unfinished_note(home).exists():
            raise click.UsageError(with_ids(say("forget.unknown", id=person_id), say, person_id, home.warehouse))
        for what in whom:
            console.print(say("forget.found", id=what.person.person_id, files=len(what.files), rows=what.rows))
        return whom
    years = retention_years()
    if years is None:
        raise click.UsageError(say("forget.no_years"))
    whom = search(home, past_retention(Lake(home.lake), years, date.today()))
    if not whom:
        console.print(say("forget.nobody", years=years))
        return whom
    files = len(set().union(*(what.files for what in whom)))
    rows = sum(what.rows for what in whom)
    console.print(say("forget.found_all", people=len(whom), years=years, files=files, rows=rows))
    return whom


def _show_left(left: Left, console: Console, say: Texts) -> None:
    """Say what could not be reached, and whose it is."""
    if left.unread:
        console.print(say("forget.unread", count=left.unread), soft_wrap=True)
    for what, places in (("inbox", left.inbox), ("other", [str(path) for path in left.other])):
        if places:
            console.print(say(f"forget.{what}", count=len(places)), soft_wrap=True)
            for place in places:
                console.print(f"  {escape(place)}", highlight=False, soft_wrap=True)
