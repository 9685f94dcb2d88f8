"""Words for sex, relation to the head, kind of disability, and for nothing at all; each a table of its own."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent


def _key(text: str) -> str:
    return " ".join(re.sub(r"[.\s\xa0]+", " ", text.lower()).split())


@cache
def _table(name: str, column: str) -> dict[str, str]:
    with (_HERE / name).open(encoding="utf-8", newline="") as lines:
        return {_key(row["teks"]): row[column] for row in csv.DictReader(lines)}


def sex_of(text: str) -> str | None:
    """`L` or `P`, where the word says it; a bare number never does. Rests on `sexes.csv`.

    >>> sex_of("Pr."), sex_of("1")
    ('P', None)
    """
    return _table("sexes.csv", "jenis_kelamin").get(_key(text))


def relation_of(text: str) -> str | None:
    """The relation to the head of the family (SHDK), in capitals; None if the word is not known."""
    return _table("relations.csv", "hubungan").get(_key(text))


def disability_of(text: str) -> str | None:
    """The kind of disability; None if the word is not known. Rests on `disabilities.csv`."""
    return _table("disabilities.csv", "jenis_disabilitas").get(_key(text))


def is_placeholder(text: str) -> bool:
    """Whether the text stands for nothing. Rests on `placeholders.csv`."""
    return _key(text.strip("'’` ")) in _table("placeholders.csv", "alasan")
