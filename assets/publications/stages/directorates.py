"""What each directorate receives: one folder with its own referrals and nothing else."""

from __future__ import annotations

from assets.publications.directorates import Published, publish_directorate
from assets.referrals.answers import latest_answers
from warehouse.stage import Stage, StageRun

PUBLISH = Stage(
    name="directorates",
    reads=("referrals", "persons", "households", "answers", "history", "runs"),
    module=__name__,
)


def publish(run: StageRun, directorate: str) -> Published:
    """Write one directorate's files: its own referrals and nothing else."""
    facts = run.facts("referrals")
    runs = run.read("runs", columns=["run_id"])["run_id"]
    return publish_directorate(
        directorate,
        run.read("referrals"),
        run.read("persons"),
        run.read("households"),
        latest_answers(run.read("answers")),
        run.read("history"),
        run.home.published / directorate,
        run_id=str(runs.iloc[-1]) if len(runs) else "",
        rule_set=str(facts.get("rule_set", "")),
        profile=str(facts.get("profile", run.home.profile)),
    )
