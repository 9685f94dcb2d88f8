"""`pmks status`: what the warehouse holds now, or held at a moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from pipelines.commands.language import Command, texts
from pipelines.commands.options import data_option, existing, home_of, quiet_option
from pipelines.commands.suggestions import with_ids
from pipelines.summary import counts, show_summary, show_to_mend
from pipelines.terminal import results
from pipelines.texts.lookup import Texts
from warehouse.connection import opened
from warehouse.home import DataHome


@click.command(cls=Command)
@data_option
@click.option("--as-of", "moment", metavar="RUN|DATE")
@click.option("--prometheus", "for_prometheus", is_flag=True)
@quiet_option
def status(data: Path | None, moment: str | None, for_prometheus: bool, quiet: bool) -> Any:
    home, console, say = existing(home_of(data)), results(quiet=quiet), texts()
    if for_prometheus:
        from pipelines.health.figures import figures, prometheus

        click.echo(prometheus(figures(home)), nl=False)
    elif moment is not None:
        return _as_of(home, moment, console, say)
    elif quiet:
        show_to_mend(home, results(), say)
    else:
        show_summary(home, console, say)
        show_needs(home, console, say)
    return lambda: _for_programs(home)


def _for_programs(home: DataHome) -> dict[str, object]:
    from pipelines.health.figures import figures, plain  # takes longer to load than all else that is shown

    return {**plain(figures(home)), "summary": counts(home)}


def _as_of(home: DataHome, moment: str, console: Console, say: Texts) -> dict[str, object]:
    """Show and return what was referred at a moment; exit code 2 for one that is neither a run nor a time."""
    with opened(home.warehouse, read_only=True) as con:
        run = con.execute("SELECT finished_at FROM audit.runs WHERE run_id = ?", [moment]).fetchone()
        try:
            at = run[0] if run else _moment(moment)
        except ValueError:
            unknown = say("status.no_moment", moment=moment)
            raise click.UsageError(with_ids(unknown, say, moment, home.warehouse)) from None
        found = con.execute(
            "SELECT directorate, kode_pmks, count(*) FROM referrals.as_of(?::TIMESTAMP) GROUP BY ALL ORDER BY ALL", [at]
        ).fetchall()
        (first,) = con.execute("SELECT min(valid_from) FROM referrals.history").fetchall()[0]
    console.print(say("status.as_of", at=f"{at:%Y-%m-%d %H:%M:%S}"))
    if first is not None and at < first:
        console.print(say("status.before_first", first=f"{first:%Y-%m-%d %H:%M:%S}"))
    referred: dict[str, dict[str, int]] = {}
    for directorate, code, count in found:
        console.print(f"  {directorate:<8} {code:<9} {say.number(count):>9}")
        referred.setdefault(directorate, {})[code] = count
    console.print(f"  {say('summary.all'):<18} {say.number(sum(count for *_, count in found)):>9}")
    return {"as_of": at, "referrals": referred}


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
