"""The cases that the rules of a category leave unanswered, all of them, as ranges of ages and sets of answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise

from assets.referrals.conditions import AGES, ANSWERS, PHRASES
from assets.referrals.rule_problems import LANGUAGES, joined, said

Answer = str | int | None
"""An answer to a question: a word, or the first year of a band of ages (None: not stated)."""
Box = tuple[frozenset[Answer], ...]
"""For each question the answers that are taken together: every combination of them is in the box."""
_PHRASES = {
    language: PHRASES.set_index(["syarat", "nilai"])[column].to_dict()
    for language, column in zip(LANGUAGES, ("karena", "english"), strict=True)
}


def boxes(cases: Iterable[Sequence[Answer]]) -> set[Box]:
    """The cases as few boxes that do not overlap.

    >>> sorted(sorted(ages) for ages, _ in boxes([(0, "L"), (0, "P"), (15, "L"), (15, "P")]))
    [[0, 15]]
    """
    found: set[Box] = {tuple(frozenset([answer]) for answer in case) for case in cases}
    for at in range(len(next(iter(found), ()))):
        merged: dict[tuple[Box, Box], frozenset[Answer]] = defaultdict(frozenset)
        for box in found:
            merged[box[:at], box[at + 1 :]] |= box[at]
        found = {(*before, answers, *after) for (before, after), answers in merged.items()}
    return found


def case_text(asked: Sequence[str], answers: Sequence[Sequence[Answer]], box: Box) -> dict[str, str]:
    """What is true of the cases of a box, by language. `asked`: the questions, `answers`: all that each can have; one
    whose answers are all in the box says nothing."""
    parts = [
        _years(question, sorted(a for a in known if isinstance(a, int)), taken)
        if question in AGES
        else _words(question, taken)
        for question, known, taken in zip(asked, answers, box, strict=True)
        if len(taken) < len(known)
    ]
    if not parts:
        return said("cases", "always")
    return said("cases", "if", facts=joined(parts, "and"))


def when_text(first: date | None, last: date | None) -> dict[str, str]:
    """From which day on and up to which a gap is there; None where it was always there, or never ends."""
    if first is None:
        return said("cases", "until_first", last=last) if last else dict.fromkeys(LANGUAGES, "")
    return said("cases", "until", first=first, last=last) if last else said("cases", "from", first=first)


def spans(days: Sequence[date], found: Sequence[set[Box]]) -> list[tuple[Box, date | None, date | None]]:
    """Each box with the time for which it stays, from the first of some days on which something may change."""
    open_since: dict[Box, date | None] = {}
    ended: list[tuple[Box, date | None, date | None]] = []
    for at, (day, here) in enumerate(zip(days, found, strict=True)):
        ended += [(box, first, day - timedelta(1)) for box, first in open_since.items() if box not in here]
        open_since = {box: open_since.get(box, day if at else None) for box in here}
    return ended + [(box, first, None) for box, first in open_since.items()]


def _words(question: str, taken: frozenset[Answer]) -> dict[str, str]:
    words = [answer for answer in ANSWERS[question] if answer in taken]
    return joined([{language: _PHRASES[language][question, word] for language in LANGUAGES} for word in words], "or")


def _years(question: str, lows: Sequence[int], taken: frozenset[Answer]) -> dict[str, str]:
    """Ages as ranges; `lows`: the first year of every band, in order."""
    ranges: list[list[int | None]] = []
    for low, following in pairwise([*lows, None]):
        if low in taken:
            last = following - 1 if following is not None else None
            if ranges and ranges[-1][1] is not None and ranges[-1][1] + 1 == low:
                ranges[-1][1] = last
            else:
                ranges.append([low, last])
    parts = [
        said("cases", "at_least", low=low)
        if last is None
        else dict.fromkeys(LANGUAGES, f"{low}" if low == last else f"{low}–{last}")
        for low, last in ranges
    ]
    years = [said("cases", "years", ranges=joined(parts, "or"))] if parts else []
    if None in taken:
        years.append(said("cases", "unstated"))
    return said("cases", question, years=joined(years, "or"))
