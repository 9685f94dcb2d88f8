"""`pmks rules`: check a rule file before it is used.

Indonesian unless chosen otherwise: directorates write rules, and what is wrong with one is said in Indonesian.
"""

from __future__ import annotations

from pathlib import Path

import click

from assets.referrals.rules import check_rules, load_rules
from pipelines.commands.language import Group, texts
from pipelines.commands.options import FILE, json_option, print_json


@click.group(cls=Group, speaks="id")
def rules() -> None:
    pass


@rules.command()
@click.argument("file", type=FILE)
@json_option
def check(file: Path, as_json: bool) -> None:
    problems = check_rules(file)
    if as_json:
        print_json({"usable": not problems, "problems": [problem._asdict() for problem in problems]})
        raise SystemExit(1 if problems else 0)
    for problem in problems:
        click.echo(str(problem))
    if problems:
        raise SystemExit(1)
    loaded = load_rules(file)
    click.echo(texts()("rules.usable", count=len(loaded.rules), hash=loaded.hash))
