"""Labels are found as by one pattern that tries every label at every place, the longest first."""

from __future__ import annotations

import re
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from assets.intake.sheets import labels
from validation.rule_tables import rule_table


@cache
def _slow_pattern() -> re.Pattern[str]:
    rows = rule_table(labels.__file__, "header_aliases.csv")
    aliases = [row["alias"].lower() for row in rows if set(row["field"].split("+")) <= labels.LABELLED]
    words = {r"[\s./_]*".join(map(re.escape, re.findall(r"[a-z0-9]+", alias))) for alias in aliases}
    choice = "|".join(sorted(words, key=lambda word: (-len(word), word)))
    return re.compile(rf"(?<![A-Za-z/])({choice})[\s.]*[:=][\s:]*", re.IGNORECASE)


@cache
def _aliases() -> list[str]:
    return sorted({row["alias"] for row in rule_table(labels.__file__, "header_aliases.csv")})


_PIECES = st.sampled_from(
    ["no", "kk", "rt", "rw", "alamat", "desa", " ", ".", "/", "_", ":", " : ", "=", "1610", "JL. "]
)


@given(
    st.lists(st.deferred(lambda: st.sampled_from(_aliases())) | _PIECES | st.text(max_size=3), max_size=12).map("".join)
)
def test_labels_are_found_as_by_a_pattern_of_all_of_them(text: str) -> None:
    slow = tuple((found.start(), found.end(), found[1]) for found in _slow_pattern().finditer(text))
    assert labels._labels_in(text) == slow
