"""`pmks rules`: check a rule file before it is used."""

from __future__ import annotations

from pathlib import Path

import click

from assets.referrals.rules import check_rules, load_rules


@click.group()
def rules() -> None:
    """Look at routing rules."""


@rules.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Check a rule file; exit code 1 if it cannot be used."""
    problems = check_rules(file)
    for problem in problems:
        click.echo(str(problem))
    if problems:
        raise SystemExit(1)
    loaded = load_rules(file)
    click.echo(f"{len(loaded.rules)} aturan dapat dipakai. rule_set {loaded.hash}")
