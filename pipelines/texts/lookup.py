"""Texts by key and language.

`progress.yml`, `results.yml`, `doctor.yml`, `report.yml` and `help.yml` map a key to an English and an Indonesian
text; numbers and names stand in braces. The texts of findings, and of how referrals end, are written in Indonesian
where these are declared; `english.csv` holds the English of each code, and `wrong_use.csv` the Indonesian of what click
says about wrong use.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from pipelines.settings import LANGUAGES

FOLDER = Path(__file__).parent
TABLES = ("progress", "results", "doctor", "report", "help")


@cache
def table() -> dict[str, dict[str, str]]:
    """Every key with its text in each language. Raises `ValueError` for a key that stands in two files."""
    found: dict[str, dict[str, str]] = {}
    for name in TABLES:
        entries = yaml.load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        repeated = found.keys() & entries.keys()
        if repeated:
            raise ValueError(f"{name}.yml repeats {', '.join(sorted(repeated))}")
        found |= entries
    return found


@cache
def examples() -> dict[str, list[str]]:
    """Command lines that show a command, by its names without that of the program (`review.export`)."""
    found: dict[str, list[str]] = yaml.load((FOLDER / "examples.yml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    return found


@cache
def english(kind: str) -> dict[str, str]:
    """The English of codes whose Indonesian stands elsewhere, by code.

    `finding`: every finding, and every reason why a file cannot be read; `ending`: why a referral ended; `check`: what
    a standing check counts.
    """
    with (FOLDER / "english.csv").open(encoding="utf-8", newline="") as lines:
        return {row["code"]: row["text"] for row in csv.DictReader(lines) if row["kind"] == kind}


@cache
def wrong_uses() -> dict[str, str]:
    """The Indonesian of each sentence in which click says that a command is used wrongly, by the English one."""
    with (FOLDER / "wrong_use.csv").open(encoding="utf-8", newline="") as lines:
        return {row["english"]: row["indonesian"] for row in csv.DictReader(lines)}


@dataclass(frozen=True)
class Texts:
    """Looks texts up in one language.

    >>> Texts("en")("progress.directorates", name="rehsos"), Texts("id")("progress.runs")
    ('Publish rehsos', 'Mencatat proses')
    """

    language: str

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise ValueError(f"no texts in the language {self.language!r}")

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of `key` with `values` put in; whole numbers are written as the language does (see `number`)."""
        shown = {name: self.number(v) if type(v) is int else v for name, v in values.items()}
        return table()[key][self.language].format(**shown)

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in table()

    def percent(self, share: float) -> str:
        """A share of one as a percentage with one decimal.

        >>> Texts("en").percent(0.125), Texts("id").percent(0.125)
        ('12.5%', '12,5%')
        """
        text = f"{share:.1%}"
        return text.replace(".", ",") if self.language == "id" else text

    def number(self, value: int) -> str:
        """A whole number with its thousands marked.

        >>> Texts("en").number(1234567), Texts("id").number(1234567)
        ('1,234,567', '1.234.567')
        """
        text = f"{value:,}"
        return text.replace(",", ".") if self.language == "id" else text
