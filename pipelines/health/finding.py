"""What a check of an installation found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from assets.intake.inbox.names import shown
from pipelines.texts.lookup import Texts


class Finding(NamedTuple):
    """One thing that a check found. `code`: its text is `doctor.<code>` in `pipelines/texts/doctor.yml`, and what to do
    about it `doctor.<code>_do`. `where`: files, folders, variables or ids, all of them; never a value of a person.
    `facts` fill the texts. `wrong`: whether somebody has to do something; else it is merely said."""

    code: str
    where: tuple[str, ...] = ()
    facts: Mapping[str, object] = {}
    wrong: bool = True


def what(finding: Finding, say: Texts) -> str:
    """What was found, in words."""
    return say(f"doctor.{finding.code}", **finding.facts)


def remedy(finding: Finding, say: Texts) -> str:
    """What to do; nothing where a finding is merely said."""
    return say(f"doctor.{finding.code}_do", **finding.facts) if finding.wrong else ""


def at(paths: Iterable[Path]) -> tuple[str, ...]:
    """Paths in order, shown safely."""
    return tuple(sorted(shown(str(path)) for path in paths))
