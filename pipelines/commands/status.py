"""`pmks status`: what the warehouse holds now, or held at a moment."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from pathlib import Path

import click
from rich.console import Console

from pipelines.commands.language import Command, texts
from pipelines.commands.options import data_option, existing, home_of
from pipelines.commands.suggestions import with_ids
from pipelines.summary import show_summary
from pipelines.terminal import results
from pipelines.texts.lookup import Texts
from warehouse.connection import opened
from warehouse.home import DataHome


@click.command(cls=Command)
@data_option
@click.option("--as-of", "moment", metavar="RUN|DATE")
@click.option("--json", "form", flag_value="json")
@click.option("--prometheus", "form", flag_value="prometheus")
def status(data: Path | None, moment: str | None, form: str | None) -> None:
    home, console, say = existing(home_of(data)), results(), texts()
    if form is not None:
        from pipelines.health.figures import figures, plain, prometheus

        found = figures(home)
        click.echo(json.dumps(plain(found), indent=1) if form == "json" else prometheus(found), nl=form == "json")
        return
    if moment is None:
        show_summary(home, console, say)
        show_needs(home, console, say)
        return
    with opened(home.warehouse, read_only=True) as con:
        run = con.execute("SELECT finished_at FROM audit.runs WHERE run_id = ?", [moment]).fetchone()
        try:
            at = run[0] if run else _moment(moment)
        except ValueError:
            unknown = say("status.no_moment", moment=moment)
            raise click.UsageError(with_ids(unknown, say, moment, home.warehouse)) from None
        counts = con.execute(
            "SELECT directorate, kode_pmks, count(*) FROM referrals.as_of(?::TIMESTAMP) GROUP BY ALL ORDER BY ALL", [at]
        ).fetchall()
    console.print(say("status.as_of", at=f"{at:%Y-%m-%d %H:%M:%S}"))
    for directorate, code, count in counts:
        console.print(f"  {directorate:<8} {code:<9} {say.number(count):>9}")
    console.print(f"  {say('summary.all'):<18} {say.number(sum(count for *_, count in counts)):>9}")


def show_needs(home: DataHome, console: Console, say: Texts) -> None:
    """Print how directorates answered, by panti or service type; nothing where none has answered yet."""
    with opened(home.warehouse, read_only=True) as con:
        answered, met, unmet = con.execute(
            "SELECT sum(rujukan - belum_dijawab)::BIGINT, sum(terpenuhi)::BIGINT, sum(belum_terpenuhi)::BIGINT "
            "FROM referrals.needs"
        ).fetchall()[0]
        if not answered:
            return
        console.print("\n" + say("status.needs", answered=answered, met=met, unmet=unmet))
        words = [say(f"status.need_{word}") for word in ("referred", "met", "unmet")]
        for directorate, goal, *counts in con.execute(
            "SELECT directorate, tujuan, sum(rujukan), sum(terpenuhi), sum(belum_terpenuhi) FROM referrals.needs "
            "GROUP BY ALL HAVING sum(rujukan - belum_dijawab) > 0 ORDER BY ALL"
        ).fetchall():
            numbers = "".join(f" {say.number(int(n)):>7} {word}" for n, word in zip(counts, words, strict=True))
            console.print(f"  {directorate:<8} {goal:<48}{numbers}")


def _moment(text: str) -> datetime:
    """A time in UTC; a day alone means its end, so that what happened on it is seen. Raises `ValueError`."""
    try:
        return datetime.combine(date.fromisoformat(text), time.max)
    except ValueError:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
