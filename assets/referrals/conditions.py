"""What a rule may ask of a person or household: seven questions, each with a closed list of answers.

Five are answered by a word, two by a number of years. Every question can also be *not stated* (`unstated`), which is
an answer like any other: a rule that does not name it does not take in those of whom nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
ANY, UNSTATED = "any", "unstated"
PERSON_QUESTIONS = ("needs_neglect", "age", "sex", "disability")
"""Asked of persons only; a household has no sex and no age."""
AGES = {"age": ("age_min", "age_max"), "head_age": ("head_age_min", "head_age_max")}
"""Questions answered by whole years, and the two columns (both ends included) in which a rule asks them."""


def table(name: str) -> pd.DataFrame:
    """Read one of this room's small tables as text, empty cells as empty text."""
    return pd.read_csv(HERE / name, dtype=str, keep_default_na=False)


PHRASES = table("conditions.csv")
_SINGLE = PHRASES[~PHRASES["nilai"].str.contains("|", regex=False)]
ANSWERS: dict[str, tuple[str, ...]] = {
    str(question): tuple(rows["nilai"]) for question, rows in _SINGLE.groupby("syarat", sort=True)
}
"""The words that answer each question, in the order of `conditions.csv`; a fact is held as its position here."""


class ConditionError(ValueError):
    """A condition that cannot be read: its column, the name of what is wrong (`rule_texts.yml`), and its facts."""

    def __init__(self, column: str, name: str, **facts: object) -> None:
        super().__init__(column, name)
        self.column, self.name, self.facts = column, name, facts


@dataclass(frozen=True)
class Years:
    """A window of whole years, both ends included (None: open). `unstated`: only where the age is not known.

    >>> Years(15, None).holds(15), Years(15, None).holds(None), Years(unstated=True).holds(None)
    (True, False, True)
    """

    low: int | None = None
    high: int | None = None
    unstated: bool = False

    @property
    def anything(self) -> bool:
        return self.low is None and self.high is None and not self.unstated

    def holds(self, age: int | None) -> bool:
        if self.anything or self.unstated:
            return self.anything or age is None
        return age is not None and (self.low or 0) <= age <= (self.high if self.high is not None else age)


@dataclass(frozen=True)
class Conditions:
    """What one rule asks: by question the answers it takes (a missing question takes all), and the two age windows."""

    words: dict[str, frozenset[str]]
    years: dict[str, Years]

    def questions(self) -> set[str]:
        return {*self.words, *(q for q, window in self.years.items() if not window.anything)}

    def hold(self, facts: dict[str, str | int | None]) -> bool:
        """Whether one case, a mapping from question to answer, answers every question of the rule as it demands."""
        for question, answers in self.words.items():
            if facts[question] not in answers:
                return False
        for question, window in self.years.items():
            age = facts.get(question)
            if not window.holds(age if isinstance(age, int) else None):
                return False
        return True


def read_conditions(rule: dict[str, str]) -> Conditions:
    """The conditions of one line of a rule file. Raises `ConditionError` for what cannot be read."""
    words = {}
    for question, known in ANSWERS.items():
        text = rule[question]
        if text == ANY:
            continue
        answers = text.split("|")
        unknown = [a for a in answers if a not in known]
        if unknown or len(set(answers)) < len(answers):
            raise ConditionError(question, "answer", value=text, known=", ".join(known))
        words[question] = frozenset(answers)
    years = {question: _years(rule, *columns) for question, columns in AGES.items()}
    return Conditions(words, years)


def _years(rule: dict[str, str], low_column: str, high_column: str) -> Years:
    low, high = rule[low_column], rule[high_column]
    if UNSTATED in (low, high):
        if low != high:
            raise ConditionError(low_column, "ages_apart", low=low_column, high=high_column)
        return Years(unstated=True)
    for column, text in ((low_column, low), (high_column, high)):
        if text and not (text.isascii() and text.isdigit()):
            raise ConditionError(column, "no_age", value=text)
    window = Years(int(low) if low else None, int(high) if high else None)
    if window.low is not None and window.high is not None and window.low > window.high:
        raise ConditionError(low_column, "ages_turned", low=low, high=high)
    return window
