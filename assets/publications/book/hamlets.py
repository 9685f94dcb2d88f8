"""One dusun, one heading: villages write the same dusun as `2`, `II` and `DSN 2`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from assets.publications.recaps import numbers_of
from validation.hamlets import hamlet_keys

_MOST_OTHERS = 3
"""Other spellings that a heading names."""


def headings(kode_desa: pa.ChunkedArray, dusun: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    """For each row the heading of its dusun within its village, and its number where it has one; null where no dusun
    is said.

    Spellings are of one dusun where `validation.hamlets` reads them alike. The heading is the spelling of most rows
    (of equally many the first by the alphabet) and names the others, so that what was taken together can be seen.
    """
    villages = numbers_of(kode_desa)
    written = dusun.combine_chunks().cast(pa.large_string()).dictionary_encode()
    texts = written.dictionary.to_pylist()
    keys = [key or text for key, text in zip(hamlet_keys(written.dictionary).to_pylist(), texts, strict=True)]
    numbers = pd.to_numeric(np.array(keys, dtype=object), errors="coerce").astype("float64")
    at = written.indices.fill_null(-1).to_numpy()
    at = np.where(np.array([*texts, ""])[at] == "", -1, at)
    count = max(len(texts), 1)
    spelling = np.where(at < 0, -1, villages * count + at)
    found, which, rows = np.unique(spelling, return_inverse=True, return_counts=True)
    alike: dict[tuple[int, str], list[tuple[int, str]]] = {}
    for village, text, times in zip((found // count).tolist(), (found % count).tolist(), rows.tolist(), strict=True):
        if village >= 0:
            alike.setdefault((village, keys[text]), []).append((-times, texts[text]))
    together = {of: _heading([text for _, text in sorted(spellings)]) for of, spellings in alike.items()}
    said = [
        together[village, keys[text]] if village >= 0 else None
        for village, text in zip((found // count).tolist(), (found % count).tolist(), strict=True)
    ]
    number = numbers[at] if texts else np.full(len(at), np.nan)
    return pa.array(said, pa.large_string()).take(pa.array(which)), pa.array(number, mask=(at < 0) | np.isnan(number))


def _heading(spellings: Sequence[str]) -> str:
    """The commonest spelling, which comes first, and a few of the others.

    >>> _heading(["II", "2", "DSN 2"]), _heading(["KRAJAN"])
    ('II (juga ditulis 2, DSN 2)', 'KRAJAN')
    """
    first, *others = spellings
    more = ", …" if len(others) > _MOST_OTHERS else ""
    return f"{first} (juga ditulis {', '.join(others[:_MOST_OTHERS])}{more})" if others else first
