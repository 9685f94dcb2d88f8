"""`pmks status`: what the warehouse holds now, or held at a moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

import click
from rich.console import Console

from pipelines.commands.options import data_option, existing, home_of
from pipelines.summary import show_summary
from warehouse.connection import opened
from warehouse.home import DataHome


@click.command()
@data_option
@click.option(
    "--as-of",
    "moment",
    metavar="RUN|DATE",
    help="Referrals as they stood after a run, at the end of a day, or at a time.",
)
def status(data: Path | None, moment: str | None) -> None:
    """Show files and rows by outcome, people, households, and referrals; changes nothing."""
    home, console = existing(home_of(data)), Console()
    if moment is None:
        show_summary(home, console)
        show_needs(home, console)
        return
    with opened(home.warehouse, read_only=True) as con:
        run = con.execute("SELECT finished_at FROM audit.runs WHERE run_id = ?", [moment]).fetchone()
        try:
            at = run[0] if run else _moment(moment)
        except ValueError:
            raise click.UsageError(f"{moment} is no run of this warehouse and no date such as 2026-01-31.") from None
        counts = con.execute(
            "SELECT directorate, kode_pmks, count(*) FROM referrals.as_of(?::TIMESTAMP) GROUP BY ALL ORDER BY ALL", [at]
        ).fetchall()
    console.print(f"Referrals as of {at:%Y-%m-%d %H:%M:%S} UTC")
    for directorate, code, count in counts:
        console.print(f"  {directorate:<8} {code:<9} {count:>9,}")
    console.print(f"  all                {sum(count for *_, count in counts):>9,}")


def show_needs(home: DataHome, console: Console) -> None:
    """Print how directorates answered, by panti or service type; nothing where none has answered yet."""
    with opened(home.warehouse, read_only=True) as con:
        answered, met, unmet = con.execute(
            "SELECT sum(rujukan - belum_dijawab), sum(terpenuhi), sum(belum_terpenuhi) FROM referrals.needs"
        ).fetchall()[0]
        if not answered:
            return
        console.print(f"\nNeed: {answered:,} answered, {met:,} met, {unmet:,} unmet")
        for directorate, goal, *counts in con.execute(
            "SELECT directorate, tujuan, sum(rujukan), sum(terpenuhi), sum(belum_terpenuhi) FROM referrals.needs "
            "GROUP BY ALL HAVING sum(rujukan - belum_dijawab) > 0 ORDER BY ALL"
        ).fetchall():
            console.print("  {:<8} {:<48} {:>7,} referred {:>7,} met {:>7,} unmet".format(directorate, goal, *counts))


def _moment(text: str) -> datetime:
    """A time in UTC; a day alone means its end, so that what happened on it is seen. Raises `ValueError`."""
    try:
        return datetime.combine(date.fromisoformat(text), time.max)
    except ValueError:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
