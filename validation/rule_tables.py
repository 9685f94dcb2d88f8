"""The one reader of CSV tables of facts.

A module reads a table with `rule_table(__file__, "name.csv")`: the path is a plain string, relative to the module's own
folder, so that the code digest of a stage can find which tables its code reads.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType


@cache
def rule_table(module: str, name: str) -> tuple[Mapping[str, str], ...]:
    """The rows of the CSV file `name` beside `module` (its `__file__`), as text by column, in the order of the file.

    Read once in a process; the rows cannot be changed. Raises `FileNotFoundError` where there is no such file.

    >>> from validation import directorates
    >>> rule_table(directorates.__file__, "directorates.csv")[0]["kode"]
    'rehsos'
    """
    return tuple(MappingProxyType(row) for row in each_row(module, name))


def each_row(module: str, name: str) -> Iterator[dict[str, str]]:
    """The same rows one at a time, read anew: for tables too large to be held whole.

    Raises `ValueError` for a row that has not as many cells as the header."""
    with (Path(module).parent / name).open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        header = next(rows, [])
        for row in rows:
            if row:
                yield dict(zip(header, row, strict=True))
