"""The command line: `pmks`. One group of commands a file; nothing is computed here."""

from __future__ import annotations

import click

from pipelines.commands import corrections, match, plan, review, rules, run, sample, status, trace, verify


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """From village PMKS workbooks to referrals for Rehsos, Dayasos and Jamsos."""


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
