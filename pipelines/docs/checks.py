"""`docs/checks.md`: every asset, check, job and sensor as Dagster shows it, and everything that `pmks doctor` and
`pmks alert` may say is wrong.

`python -m pipelines.docs.checks` writes it anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pipelines.definitions import defs
from pipelines.texts.lookup import table
from warehouse.files import write_whole

PAGE = Path(__file__).parents[2] / "docs" / "checks.md"
HEAD = """\
# Assets, checks, alerts

What Dagster's page shows (`make dev`), and what `pmks doctor` and `pmks alert` may say. Made from the definitions and
the texts of the program (`make docs`); do not edit it by hand.
"""


def checks_page() -> str:
    """The page: a table for each kind of thing."""
    return "\n".join([HEAD, *_assets(), *_checks(), *_what_runs(), *_findings(), ""])


def _assets() -> Iterator[str]:
    yield "## Assets\n\nWhat each is made from: [stages](stages.md).\n\n| asset | what it is |\n| --- | --- |"
    graph = defs.resolve_asset_graph()
    for key in sorted(graph.get_all_asset_keys()):
        yield f"| `{key.to_user_string()}` | {_line(graph.get(key).description)} |"


def _checks() -> Iterator[str]:
    yield "\n## Checks\n\nOne that *stops* fails the run, and what comes after its asset is not made; one that *warns*"
    yield "is shown, and the run goes on.\n"
    yield "| check | of | claims | if it does not hold |\n| --- | --- | --- | --- |"
    graph = defs.resolve_asset_graph()
    for key in sorted(graph.asset_check_keys):
        spec = graph.get_check_spec(key)
        stops = "stops" if spec.blocking else "warns"
        yield f"| `{key.name}` | `{key.asset_key.to_user_string()}` | {_line(spec.description)} | {stops} |"


def _what_runs() -> Iterator[str]:
    yield "\n## Jobs and sensors\n\n| name | kind | does |\n| --- | --- | --- |"
    jobs = [(job.name, "job", job.description) for job in defs.jobs or ()]
    sensors = [(sensor.name, "sensor", sensor.description) for sensor in defs.sensors or ()]
    for name, kind, description in sorted([*jobs, *sensors]):
        yield f"| `{name}` | {kind} | {_line(description)} |"


def _findings() -> Iterator[str]:
    yield "\n## What may be wrong\n\n`pmks doctor` says each of these, and `pmks alert` tells of it once, and once more"
    yield "when it is solved. Values stand in braces.\n\n| code | what is said | do |\n| --- | --- | --- |"
    say = table()
    for key in sorted(key for key in say if key.startswith("doctor.") and f"{key}_do" in say):
        code = key.removeprefix("doctor.")
        yield f"| `{code}` | {_line(say[key]['en'])} | {_line(say[f'{key}_do']['en'])} |"


def _line(text: str | None) -> str:
    """A text on one line, without the marks of the terminal, and without what Markdown would take for its own."""
    plain = re.sub(r"\[/?[a-z ]*\]", "", " ".join((text or "").split()))
    return plain.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    write_whole(PAGE, checks_page().encode())
    PAGE.chmod(0o644)
