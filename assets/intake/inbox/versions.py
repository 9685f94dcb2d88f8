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


_OLDER = re.compile(
    r"(?:^|[\s_.(-]+)(?:lama|old|back\s?up|cadangan|arsip|awal|asli|draf|draft|sementara|sebelum\s+\w+)\)?(?=$|[\s_.-])",
    re.IGNORECASE,
)
"""What a file is called that is older than another of its name. Such a name is not believed: it is asked."""


def base_if_older(path: str) -> str | None:
    """The base name of a file that is called an older one; None for any other.

    >>> base_if_older("a/Data PMKS (lama).xlsx"), base_if_older("a/Data PMKS.xlsx"), base_if_older("Sukalama.xlsx")
    ('data pmks', None, None)
    """
    stem = PurePosixPath(path).stem.strip()
    bare = _OLDER.sub(" ", stem)
    return version_of(bare)[0] if bare != stem else None


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
