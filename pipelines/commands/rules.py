"""`pmks rules`: check a rule file before it is used.

Indonesian unless chosen otherwise: directorates write rules.
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
    problems, language = check_rules(file), texts().language
    if as_json:
        found = [{"line": p.line, "column": p.column, "name": p.name, "message": p.texts[language]} for p in problems]
        print_json({"usable": not problems, "problems": found})
        raise SystemExit(1 if problems else 0)
    for problem in problems:
        click.echo(problem.text(language))
    if problems:
        raise SystemExit(1)
    loaded = load_rules(file)
    click.echo(texts()("rules.usable", count=len(loaded.rules), hash=loaded.hash))
