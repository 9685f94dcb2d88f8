"""The command line: `pmks`. One group of commands a file; nothing is computed here."""

from __future__ import annotations

import click

from pipelines.commands import corrections, match, plan, review, rules, run, sample, status, trace, verify
from pipelines.commands.language import Group


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    pass


for command in (
    run.run,
    plan.plan,
    status.status,
    match.match,
    review.review,
    corrections.corrections,
    rules.rules,
    trace.trace,
    verify.verify,
    sample.sample,
):
    main.add_command(command)
