"""What is wrong with a rule file, said in the language of who reads it: by name and facts, from `rule_texts.yml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import yaml

from assets.referrals.conditions import HERE

LANGUAGES = ("id", "en")


@cache
def texts() -> dict[str, dict[str, Any]]:
    """The texts of `rule_texts.yml`: `place`, and by name those of `problems` and `cases`."""
    found: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "rule_texts.yml").read_text(encoding="utf-8"))
    return found


def said(section: str, name: str, **facts: object) -> dict[str, str]:
    """A text in each language. A fact that is such a text itself is put in in the same language."""
    return {language: _filled(texts()[section][name][language], facts, language) for language in LANGUAGES}


def joined(parts: Sequence[dict[str, str]], word: str) -> dict[str, str]:
    """Texts with a word of `cases` between them (`and`, `or`)."""
    between = said("cases", word)
    return {language: between[language].join(part[language] for part in parts) for language in LANGUAGES}


def _filled(text: str, facts: Mapping[str, object], language: str) -> str:
    return text.format(**{name: of[language] if isinstance(of, dict) else of for name, of in facts.items()})


class Problem(NamedTuple):
    """One problem of a rule file: the line (1 is the header), the column, what it is (`problems` of `rule_texts.yml`),
    and what to do about it, by language."""

    line: int
    column: str
    name: str
    texts: dict[str, str]

    @property
    def message(self) -> str:
        """What to do about it, in the language of who writes rules."""
        return self.texts["id"]

    def text(self, language: str) -> str:
        """Where it is and what to do, in `en` or `id`."""
        facts = {"line": self.line, "column": self.column, "message": self.texts}
        return _filled(texts()["place"][language], facts, language)

    def __str__(self) -> str:
        return self.text("id")


def problem(line: int, column: str, name: str, **facts: object) -> Problem:
    """One problem by its name in `rule_texts.yml`."""
    return Problem(line, column, name, said("problems", name, **facts))
