"""A trace as a page by itself: what belongs to a step stands below it, and an id leads to the step that it is of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from assets.templates import templates_beside
from warehouse.tracing import Step

_INDENT = 2
"""So many blanks before a line put it one step deeper."""


class Part(NamedTuple):
    """A piece of text; `goal`: the id of the step that it leads to, if any."""

    text: str
    goal: str


@dataclass
class _Branch:
    anchor: str
    parts: list[Part]
    below: list[_Branch] = field(default_factory=list)


def as_page(steps: Sequence[Step], lines: Sequence[str], title: str, language: str) -> str:
    """The page of a trace. `lines`: the text of each step, the deeper the more blanks stand before it."""
    anchors: dict[str, int] = {}
    for number, step in enumerate(steps):
        if "id" in step.values:
            anchors.setdefault(str(step.values["id"]), number)
    top: list[_Branch] = []
    open_at: dict[int, list[_Branch]] = {0: top}
    for number, text in enumerate(lines):
        own = str(steps[number].values.get("id", ""))
        own = own if anchors.get(own) == number else ""
        depth = (len(text) - len(text.lstrip())) // _INDENT
        branch = _Branch(own, _parts(text.strip(), anchors, own))
        open_at[max(at for at in open_at if at <= depth)].append(branch)
        open_at = {at: below for at, below in open_at.items() if at <= depth} | {depth + 1: branch.below}
    return templates_beside(__file__).get_template("trace_page.html").render(steps=top, title=title, language=language)


def _parts(text: str, anchors: Mapping[str, int], own: str) -> list[Part]:
    """A text, cut so that each id of another step is a part by itself."""
    others = sorted((re.escape(each) for each in anchors if each != own), key=len, reverse=True)
    pieces = re.split(f"({'|'.join(others)})", text) if others else [text]
    return [Part(piece, piece if piece in anchors and piece != own else "") for piece in pieces if piece]
