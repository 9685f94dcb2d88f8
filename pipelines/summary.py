"""What a newcomer wants to see after a run: counts that balance, causes, and what to try next. Never a person."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from validation.categories import pmks_types
from validation.directorates import directorates
from validation.findings import CATALOGUE
from warehouse.connection import opened
from warehouse.home import DataHome

OUTCOMES = ("accepted", "held", "rejected", "superseded", "withdrawn")
MOST_CAUSES = 3
_ASTRAY = """
SELECT count(*) FROM intake.rows r JOIN intake.submissions s USING (submission_id)
WHERE r.kind = 'data' AND r.outcome IS NULL AND s.outcome NOT IN ('held', 'withdrawn')
"""
"""Data rows without an outcome, those of files aside that wait for a person (or were withdrawn while they waited)."""


def show_summary(home: DataHome, console: Console, *, changed: bool | None = None) -> None:
    """Print files and rows by outcome, people, households, referrals, and the largest causes of quarantine."""
    with opened(home.warehouse, read_only=True) as con:

        def ask(sql: str) -> list[Any]:
            return con.execute(sql).fetchall()

        _files(console, ask)
        people, households = ask("SELECT count(*), count(DISTINCT household_id) FROM households.persons")[0]
        held = ask("SELECT count(*) FROM households.households")[0][0]
        console.print(f"\n[bold]{people:,}[/] people in [bold]{max(households, held):,}[/] households")
        _referrals(console, ask)
        _causes(console, ask)
        _held(console, ask)
        example = ask(f"SELECT min(referral_id) FROM referrals.{next(iter(directorates()))}")[0][0]
    if changed is False:
        console.print("\n[bold]Nothing changed[/] since the last run: the inbox, the rules and the code are the same.")
    _next(home, console, example)


def _next(home: DataHome, console: Console, referral: str | None) -> None:
    command, folder = _from_here(Path(sys.argv[0])), _from_here(home.root)
    hints = [
        ("The tables, in DuckDB, DBeaver, Excel or Python", f"{folder}/warehouse.duckdb and {folder}/published/"),
        ("What goes back to the villages to be corrected", f"{folder}/corrections/"),
    ]
    if referral:
        why = "Why one person was referred, back to the cell and the rule"
        hints.insert(0, (why, f"{command} trace {referral} --data {folder}"))
    console.print("\nNext")
    for number, (told, where) in enumerate(hints, start=1):
        console.print(f"  {number}. {told}:\n     [bold]{where}[/]", highlight=False, soft_wrap=True)


def _from_here(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _files(console: Console, ask: Any) -> None:
    files = dict(ask("SELECT outcome, count(*) FROM intake.submissions GROUP BY 1"))
    rows = dict(ask("SELECT kind, count(*) FROM intake.rows GROUP BY 1"))
    data = dict(ask("SELECT outcome, count(*) FROM intake.rows WHERE kind = 'data' GROUP BY 1"))
    table = Table(title="Files and rows", title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0))
    told = "  ".join(f"{name} {files[name]:,}" for name in OUTCOMES if files.get(name))
    table.add_row("files", f"{sum(files.values()):,}", told)
    others = "  ".join(f"{kind} {count:,}" for kind, count in sorted(rows.items()) if kind != "data")
    table.add_row("rows", f"{sum(rows.values()):,}", f"data {rows.get('data', 0):,}  {others}")
    accepted, quarantined = data.get("accepted", 0), data.get("quarantined", 0)
    waiting = rows.get("data", 0) - accepted - quarantined
    sign = "[green]balanced[/]" if ask(_ASTRAY)[0][0] == 0 else "[red]NOT balanced[/]"
    told = f"accepted {accepted:,}  quarantined {quarantined:,}" + (f"  in held files {waiting:,}" if waiting else "")
    table.add_row("data rows", f"{rows.get('data', 0):,}", f"{told}  {sign}")
    console.print(table)


def _referrals(console: Console, ask: Any) -> None:
    table = Table(title="\nReferrals", title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column("category")
    for directorate in directorates():
        table.add_column(directorate, justify="right")
    counts = {
        (d, code): count
        for d in directorates()
        for code, count in ask(f"SELECT kode_pmks, count(*) FROM referrals.{d} GROUP BY 1")
    }
    for code in sorted({code for _, code in counts}):
        cells = [f"{counts[d, code]:,}" if (d, code) in counts else "" for d in directorates()]
        table.add_row(f"{code} {pmks_types()[code].nama}", *cells)
    totals = [sum(count for (d, _), count in counts.items() if d == name) for name in directorates()]
    table.add_row("[bold]all[/]", *(f"[bold]{total:,}[/]" for total in totals))
    console.print(table)
    unrouted = ask("SELECT count(*) FROM referrals.unrouted")[0][0]
    console.print(f"[bold]{unrouted:,}[/] listed without a referral, each with its reason in referrals.unrouted")


def _causes(console: Console, ask: Any) -> None:
    causes = ask(
        "SELECT cause, count(*) FROM (SELECT unnest(reasons) AS cause FROM records.quarantined) "
        f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_CAUSES}"
    )
    if causes:
        console.print("\nLargest causes of quarantine")
        for cause, count in causes:
            console.print(f"  {count:,}  {cause}: {CATALOGUE[cause]['message']}", soft_wrap=True)


def _held(console: Console, ask: Any) -> None:
    waiting = ask(
        "SELECT path, outcome, reason FROM intake.submissions "
        "WHERE outcome IN ('held', 'rejected') ORDER BY path LIMIT 10"
    )
    if waiting:
        console.print("\nFiles that wait for a person")
        for path, outcome, reason in waiting:
            console.print(f"  {outcome}  {path}\n    {reason}", highlight=False, soft_wrap=True)
