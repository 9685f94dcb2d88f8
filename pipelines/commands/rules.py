"""`pmks rules`: check a rule file before it is used.

Indonesian unless chosen otherwise: directorates write rules.
"""

from __future__ import annotations

from pathlib import Path

import click

from assets.referrals.rules import check_rules, load_rules
from pipelines.commands.language import Group, end, texts
from pipelines.commands.options import FILE, quiet_option


@click.group(cls=Group, speaks="id")
def rules() -> None:
    pass


@rules.command()
@click.argument("file", type=FILE)
@quiet_option
def check(file: Path, quiet: bool) -> None:
    problems, language = check_rules(file), texts().language
    for problem in problems:
        click.echo(problem.text(language))
    if not problems and not quiet:
        loaded = load_rules(file)
        click.echo(texts()("rules.usable", count=len(loaded.rules), hash=loaded.hash))
    found = [{"line": p.line, "column": p.column, "name": p.name, "message": p.texts[language]} for p in problems]
    end(not problems, {"usable": not problems, "problems": found})
