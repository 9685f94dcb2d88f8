"""What a corrections workbook asks, as a page to read on a phone: a card a person, the most urgent first.

Danger: a village officer has the workbook in the office and the people at their doors; a sheet of twelve columns cannot
be read on a phone, and a page is passed on more easily than a workbook. Remedy: the page says whom to visit and what to
ask, and less than the workbook: long numbers are masked, and of what needs no action only counts are told. It is one
file that asks for nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from jinja2 import Template

from assets.publications.corrections_list import Line, texts
from assets.publications.masks import masked
from assets.templates import templates_beside

TEMPLATE = "corrections_page.html"
URGENT = ("error", "warning")
"""What stands on a card; of the rest only counts."""
MOST_CARDS = 300
_LONG_NUMBER = re.compile(r"\d(?:[ .'-]?\d){9,}")
"""NIK, KK and telephone numbers, however they are written."""


class Ask(NamedTuple):
    """One thing that is wrong with a row: the title of its column, the message, and what follows, each with a name."""

    column: str
    message: str
    said: list[tuple[str, str]]


class Card(NamedTuple):
    """One row of the list: whom it is about, where it stands, and what is wrong."""

    name: str
    place: str
    asks: list[Ask]


class Group(NamedTuple):
    """The cards of one severity. `left_out`: what is said of further ones."""

    severity: str
    title: str
    meaning: str
    cards: list[Card]
    left_out: str


def page_of(facts: Mapping[str, Any], lines: Sequence[Line], head: str = "") -> bytes:
    """The page of a list. `facts` as for the list of the workbook; `lines`, the most urgent first; `head`: that of the
    chain after the run, which the page carries."""
    said = texts()
    counted = facts["accepted"] is not None
    return (
        _template()
        .render(
            said=said["phone"],
            guide=said["phone"]["guide"] if facts["opened"] else said["not_opened"],
            head=head,
            place=said["phone"]["place"].format(**facts),
            file=PurePosixPath(facts["path"]).name,
            rows=said["rows"].format(**facts) if counted else said["not_read"],
            groups=_groups(lines, counted),
            others=Counter(line.message for line in lines if line.severity not in URGENT).most_common(),
            nothing=said["nothing_to_do"],
            footer=said["footer"],
        )
        .encode()
    )


def _groups(lines: Sequence[Line], counted: bool) -> list[Group]:
    said, found = texts(), []
    by_row: dict[tuple[str, int | None], list[Line]] = {}
    for line in lines:
        if line.severity in URGENT:
            by_row.setdefault((line.sheet, line.row), []).append(line)
    for severity in URGENT:
        rows = [of_row for of_row in by_row.values() if of_row[0].severity == severity]
        look = said["severity"][severity]
        left = said["phone"]["left_out"].format(count=len(rows) - MOST_CARDS) if len(rows) > MOST_CARDS else ""
        meaning = look["meaning"] if counted or severity != "error" else said["file_not_read"]
        if rows:
            title = said["phone"]["group"].format(label=look["label"], count=len(rows))
            found.append(Group(severity, title, meaning, [_card(row) for row in rows[:MOST_CARDS]], left))
    return found


def _card(of_row: Sequence[Line]) -> Card:
    said, first = texts(), of_row[0]
    if first.row is not None:
        place = said["phone"]["row"].format(sheet=first.sheet, row=first.row)
        return Card(first.name or said["phone"]["no_name"], place, [_ask(line) for line in of_row])
    name = said["phone"]["sheet"].format(sheet=first.sheet) if first.sheet else said["whole_file"]
    return Card(name, "", [_ask(line) for line in of_row])


def _ask(line: Line) -> Ask:
    names = texts()["phone"]
    facts = {"now": line.value, "expected": line.expected, "suggestion": line.suggestion or ""}
    return Ask(
        line.header, line.message, [(names[name], without_numbers(text)) for name, text in facts.items() if text]
    )


def without_numbers(text: str) -> str:
    """A text with its long numbers masked.

    >>> without_numbers("NIK 1610054107850003, RT 001"), without_numbers("0812-3456-7890")
    ('NIK 1610••••••••0003, RT 001', '0812••••••7890')
    """
    return _LONG_NUMBER.sub(lambda found: masked(found[0]), text)


@cache
def _template() -> Template:
    pages = templates_beside(__file__, keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True)
    return pages.get_template(TEMPLATE)
