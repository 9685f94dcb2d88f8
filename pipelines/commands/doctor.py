"""`pmks doctor`: whether this installation is fit to run, and if not, where, why and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.markup import escape

from pipelines.commands.language import Command, end, texts
from pipelines.commands.options import data_option, home_of, inbox_option, quiet_option
from pipelines.health.finding import remedy, what
from pipelines.terminal import results
from pipelines.texts.lookup import Texts

if TYPE_CHECKING:
    from pipelines.health.checks import Result

SHOWN = 5


@click.command(cls=Command)
@inbox_option
@data_option
@click.option("--deep", is_flag=True)
@quiet_option
def doctor(inbox: Path | None, data: Path | None, deep: bool, quiet: bool) -> None:
    from pipelines.health.checks import examine

    home, say, console = home_of(data, inbox), texts(), results()
    found = []
    for result in examine(home, deep=deep):
        found.append(result)
        if result.wrong or not quiet:
            _show(result, console, say)
    healthy = not any(result.wrong for result in found)
    if not (healthy and quiet):
        console.print("\n" + say("doctor.healthy" if healthy else "doctor.unhealthy"))
    end(healthy, {"healthy": healthy, "checks": [_plain(result, say) for result in found]})


def _show(result: Result, console: Console, say: Texts) -> None:
    width = max(len(say("doctor.well")), len(say("doctor.wrong")))
    colour, answer = ("red", "doctor.wrong") if result.wrong else ("green", "doctor.well")
    console.print(f"[{colour}]{say(answer):<{width}}[/]  {say(f'doctor.check_{result.check}')}", highlight=False)
    margin = " " * (width + 2)
    for finding in result.findings:
        found = escape(what(finding, say))
        lines = [f"[bold]{found}[/]" if finding.wrong else found]
        lines += [f"  {escape(place)}" for place in finding.where[:SHOWN]]
        if len(finding.where) > SHOWN:
            lines.append("  " + say("doctor.more", count=len(finding.where) - SHOWN))
        lines += [f"→ {escape(remedy(finding, say))}"] if finding.wrong else []
        for line in lines:
            console.print(margin + line, highlight=False, soft_wrap=True)


def _plain(result: Result, say: Texts) -> dict[str, object]:
    findings = [
        {
            "code": finding.code,
            "wrong": finding.wrong,
            "what": what(finding, say),
            "where": list(finding.where),
            "do": remedy(finding, say),
            "facts": dict(finding.facts),
        }
        for finding in result.findings
    ]
    return {
        "check": result.check,
        "title": say(f"doctor.check_{result.check}"),
        "wrong": result.wrong,
        "findings": findings,
    }
