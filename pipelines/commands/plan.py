"""`pmks plan`: what a refresh, other rules or review decisions would change, before they do."""

from __future__ import annotations

from pathlib import Path

import click
import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from assets.households.review.workbook import ReviewError
from assets.referrals.plan import DIMENSIONS, KINDS, Plan
from pipelines.commands.options import data_option, home_to_refresh
from pipelines.commands.run import COLUMNS, Bar
from warehouse.files import replacing

FAILED, CHANGES = 1, 3
MOST = 12
"""The terminal shows the largest; the workbook has them all."""
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--inbox", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Where village files are.")
@data_option
@click.option("--rules", "profile", metavar="FILE|PROFILE", help="Rules to plan with (default: $PMKS_PROFILE).")
@click.option("--review", type=_FILE, help="A review workbook whose decisions would be taken in.")
@click.option("--workbook", type=click.Path(dir_okay=False, path_type=Path), help="Where to write who is concerned.")
def plan(
    inbox: Path | None, data: Path | None, profile: str | None, review: Path | None, workbook: Path | None
) -> None:
    """Say who would be referred, no longer referred, or moved, and why; changes nothing.

    Everything that `pmks run` would do is done on a copy. Exit codes: 0, nothing would change; 3, something would;
    1, a stage failed; 2, wrong use. `pmks run --plan-required` then takes this plan and nothing else.
    """
    from pipelines.failures import told_of_error
    from pipelines.planning import keep, rehearse

    home = home_to_refresh(data, inbox, profile)
    console = Console()
    try:
        with Progress(*COLUMNS, console=console, transient=True) as progress:
            rehearsal = rehearse(home, Bar(progress), review=review)
    except ReviewError as error:
        raise click.UsageError("\n".join(error.messages)) from None
    except Exception as error:
        console.print(f"[red]The plan failed.[/] Nothing was changed. {escape(told_of_error(error))}")
        raise SystemExit(FAILED) from None
    if review is None:
        keep(home, rehearsal)
    made = rehearsal.plan
    show_plan(made, console)
    if made.changes:
        path = workbook or home.plan / "rencana.xlsx"
        with replacing(path) as beside:
            made.to_workbook(beside)
        console.print(f"\nWho is concerned, by id: [bold]{escape(str(path))}[/]", soft_wrap=True)
    raise SystemExit(CHANGES if made.changes else 0)


def show_plan(plan: Plan, console: Console) -> None:
    """Print what would change: by directorate, with reasons, then by village, category, sex, age and disability."""
    if not plan.changes:
        console.print("[bold]Nothing would change.[/]")
    _table(console, "Referrals", ("directorate", "now", *KINDS, "then"), plan.to_rows())
    if plan.reworded:
        console.print(f"{plan.reworded:,} referrals stay as they are but for the rule that says so.")
    if not len(plan.entries):
        return
    _largest(console, "Reasons", plan.reasons(), ["directorate", "perubahan", "alasan"])
    for dimension in DIMENSIONS:
        counts = plan.totals[plan.totals["dimensi"] == dimension].drop(columns="dimensi")
        counts = counts.assign(jumlah=counts[list(KINDS)].sum(axis=1))
        _largest(console, dimension, counts, ["direktorat", "nilai", *KINDS])


def _largest(console: Console, title: str, counts: pd.DataFrame, shown: list[str]) -> None:
    top = counts.sort_values("jumlah", ascending=False, kind="stable").head(MOST)
    columns = shown if set(KINDS) <= set(shown) else [*shown, "jumlah"]
    _table(console, title, tuple(columns), list(top[columns].itertuples(index=False, name=None)))
    if len(counts) > MOST:
        console.print(f"… and {len(counts) - MOST} more in the workbook")


def _table(console: Console, title: str, columns: tuple[str, ...], rows: list[tuple[str | int, ...]]) -> None:
    table = Table(title=f"\n{title}", title_justify="left", box=None, padding=(0, 2, 0, 0))
    numbers = [bool(rows) and isinstance(value, int) for value in (rows[0] if rows else columns)]
    for column, is_number in zip(columns, numbers, strict=True):
        table.add_column(column, justify="right" if is_number else "left")
    for row in rows:
        table.add_row(*(f"{value:,}" if isinstance(value, int) else escape(str(value)) for value in row))
    console.print(table)
