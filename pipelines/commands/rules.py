"""`pmks rules`: check a rule file before it is used.

Indonesian unless chosen otherwise: directorates write rules, and what is wrong with one is said in Indonesian.
"""

from __future__ import annotations

from pathlib import Path

import click

from assets.referrals.rules import check_rules, load_rules
from pipelines.commands.language import Group, texts
from pipelines.commands.options import FILE


@click.group(cls=Group, speaks="id")
def rules() -> None:
    pass


@rules.command()
@click.argument("file", type=FILE)
def check(file: Path) -> None:
    problems = check_rules(file)
    for problem in problems:
        click.echo(str(problem))
    if problems:
        raise SystemExit(1)
    loaded = load_rules(file)
    click.echo(texts()("rules.usable", count=len(loaded.rules), hash=loaded.hash))
