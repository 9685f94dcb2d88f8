"""Names of re-sent files: which of two files of one list is the newer version.

Only marks that people and programs add when a list is sent again count: `(1)`, `FIX`, `rev2`,
`terbaru`, `Salinan dari`. The mark alone means nothing:
`data pmks (1) X.xlsx` without the file it was made from is just a file.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

_MARK = re.compile(
    r"(?:[\s_.-]*\((?P<copy>\d{1,2})\)|[\s_]+-[\s_]+(?:copy|salin(?:an)?)"
    r"|[\s_.-]+(?P<word>fix|final|revisi|rev|perbaikan|terbaru|baru|new|update|v|ver)[\s_.-]*(?P<number>\d{0,2}))$",
    re.IGNORECASE,
)


_COPY = re.compile(r"^(?:salinan dari|copy of)[\s_]+", re.IGNORECASE)
"""How storage on the web names a copy."""


def version_of(path: str) -> tuple[str, tuple[int, ...]]:
    """The base name of a file (its folder aside) and its version, `()` for an unmarked name; later ones compare higher.

    >>> version_of("a/Data PMKS FIX rev2.xlsx"), version_of("b/Data PMKS.xlsx")
    (('data pmks', (1, 2)), ('data pmks', ()))
    """
    stem = PurePosixPath(path).stem.strip()
    marks: list[int] = []
    while (found := _MARK.search(stem)) and found.start() > 0:
        marks.insert(0, int(found["copy"] or found["number"] or 1))
        stem = stem[: found.start()]
    while found := _COPY.match(stem):
        marks.insert(0, 1)
        stem = stem[found.end() :]
    base = re.sub(r"[\s_.-]+", " ", stem).strip().lower()
    return base, tuple(marks)
