"""`pmks plan`: what a refresh, other rules or review decisions would change, before they do.

Indonesian unless chosen otherwise: directorates plan their rules with it, and its reasons are those of their workbook.
"""

from __future__ import annotations

from pathlib import Path

import click
import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assets.households.review.problems import ReviewError
from assets.referrals.conditions import table
from assets.referrals.plan import COUNTED, DIMENSIONS, Plan
from pipelines.commands.language import Command, Ended, texts
from pipelines.commands.options import (
    FILE,
    NEW_WORKBOOK,
    data_option,
    home_to_refresh,
    inbox_option,
    quiet_option,
)
from pipelines.progress import Bar, bars
from pipelines.terminal import errors, results
from pipelines.texts.lookup import Texts, english
from warehouse.files import replacing

FAILED, CHANGES = 1, 3
MOST = 12
"""The terminal shows the largest; the workbook has them all."""


@click.command(cls=Command, speaks="id")
@inbox_option
@data_option
@click.option("--rules", "profile", metavar="FILE|PROFILE")
@click.option("--review", type=FILE)
@click.option("--workbook", type=NEW_WORKBOOK)
@quiet_option
def plan(
    inbox: Path | None,
    data: Path | None,
    profile: str | None,
    review: Path | None,
    workbook: Path | None,
    quiet: bool,
) -> None:
    from pipelines.failures import error_line
    from pipelines.planning import keep, rehearse

    home, say = home_to_refresh(data, inbox, profile), texts()
    console = results(quiet=quiet)
    try:
        with bars(quiet=quiet, transient=True) as shown:
            rehearsal = rehearse(home, Bar(shown, say), review=review)
    except ReviewError as error:
        raise click.UsageError("\n".join(error.messages(say.language))) from None
    except Exception as error:
        errors().print(say("plan.failed", error=escape(error_line(error, home, "plan"))))
        raise SystemExit(FAILED) from None
    if review is None:
        keep(home, rehearsal)
    made = rehearsal.plan
    show_plan(made, console, say)
    if made.changes:
        path = workbook or home.plan / "rencana.xlsx"
        with replacing(path) as beside:
            made.to_workbook(beside)
        console.print("\n" + say("plan.workbook", path=escape(str(path))), soft_wrap=True)
    raise Ended(CHANGES if made.changes else 0, _plain(made))


def _plain(plan: Plan) -> dict[str, object]:
    """A plan for other programs: how many each directorate has before and after, and each change, by ids."""
    entries = plan.entries.astype(object).where(plan.entries.notna(), None)
    return {
        "changes": plan.changes,
        "before": plan.before,
        "after": plan.after,
        "reworded": plan.reworded,
        "entries": entries.to_dict("records"),
    }


def show_plan(plan: Plan, console: Console, say: Texts) -> None:
    """Print what would change: by directorate, with reasons, then by village, category, sex, age and disability."""
    if not plan.changes:
        console.print(say("plan.nothing"))
    _table(console, say, "referrals", ["direktorat", "now", *COUNTED, "then"], plan.to_rows())
    if plan.reworded:
        console.print(say("plan.reworded", count=plan.reworded))
    if not len(plan.entries):
        return
    reasons = plan.reasons().rename(columns={"directorate": "direktorat"})
    if say.language == "en":
        reasons["alasan"] = reasons["alasan"].replace(_english_endings())
    _largest(console, say, "reasons", reasons, ["direktorat", "perubahan", "alasan", "jumlah"])
    for dimension in DIMENSIONS:
        counts = plan.totals[plan.totals["dimensi"] == dimension].drop(columns="dimensi")
        counts = counts.assign(jumlah=counts[list(COUNTED)].sum(axis=1))
        _largest(console, say, dimension, counts, ["direktorat", "nilai", *COUNTED])


def _english_endings() -> dict[str, str]:
    """English by the Indonesian text of each end of a referral."""
    indonesian = table("endings.csv").set_index("kode")["arti"]
    return {indonesian[code]: text for code, text in english("ending").items()}


def _largest(console: Console, say: Texts, title: str, counts: pd.DataFrame, columns: list[str]) -> None:
    top = counts.sort_values("jumlah", ascending=False, kind="stable").head(MOST)
    if "perubahan" in columns:
        top = top.assign(perubahan=[say(f"plan.{kind}") for kind in top["perubahan"]])
    _table(console, say, title, columns, list(top[columns].itertuples(index=False, name=None)))
    if len(counts) > MOST:
        console.print(say("plan.more", count=len(counts) - MOST))


def _table(console: Console, say: Texts, title: str, columns: list[str], rows: list[tuple[str | int, ...]]) -> None:
    """A table whose title and columns are keys under `plan.`."""
    shown = Table(title=f"\n{say(f'plan.{title}')}", title_justify="left", box=None, padding=(0, 2, 0, 0))
    numbers = [bool(rows) and isinstance(value, int) for value in (rows[0] if rows else columns)]
    for column, is_number in zip(columns, numbers, strict=True):
        shown.add_column(say(f"plan.{column}"), justify="right" if is_number else "left")
    for row in rows:
        shown.add_row(*(say.number(value) if isinstance(value, int) else escape(str(value)) for value in row))
    console.print(shown)
