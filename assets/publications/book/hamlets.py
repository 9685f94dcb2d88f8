"""One dusun, one heading: villages write the same dusun as `2`, `II` and `DSN 2`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from validation.hamlets import hamlet_keys

_MOST_OTHERS = 3
"""Other spellings that a heading names."""


def headings(kode_desa: pd.Series, dusun: pd.Series) -> pd.DataFrame:
    """For each row the `heading` of its dusun within its village, and its `number` where it has one; null where no
    dusun is said.

    Spellings are of one dusun where `validation.hamlets` reads them alike. The heading is the spelling of most rows
    (of equally many the first by the alphabet) and names the others, so that what was taken together can be seen.
    """
    villages, _ = pd.factorize(kode_desa)
    written, texts = pd.factorize(dusun.mask(dusun == ""))
    spelling = np.where(written < 0, -1, villages.astype(np.int64) * len(texts) + written)
    found, which, rows = np.unique(spelling, return_inverse=True, return_counts=True)
    text = pd.Series(texts, dtype="str")
    keys = pd.Series(hamlet_keys(pa.array(text, pa.large_string())).to_pylist(), dtype="str")
    each = pd.DataFrame({"text": text, "key": keys.mask(keys == "", text)})
    each["number"] = pd.to_numeric(each["key"], errors="coerce")
    count = max(len(texts), 1)
    said = each.reindex(np.where(found < 0, -1, found % count)).reset_index(drop=True)
    said = said.assign(village=found // count, rows=rows)
    commonest = said.sort_values(["rows", "text"], ascending=[False, True])
    several = commonest[commonest.duplicated(["village", "key"], keep=False)]  # the others are their own heading
    said["heading"] = said["text"].mask(said.index.isin(several.index))
    spellings: dict[tuple[int, str], list[str]] = {}
    for of, text in zip(zip(several["village"], several["key"], strict=True), several["text"], strict=True):
        spellings.setdefault(of, []).append(text)
    together = {of: _heading(texts) for of, texts in spellings.items()}
    said.loc[several.index, "heading"] = [together[of] for of in zip(several["village"], several["key"], strict=True)]
    return said[["heading", "number"]].take(which).set_axis(kode_desa.index)


def _heading(spellings: Sequence[str]) -> str:
    """The commonest spelling, which comes first, and a few of the others.

    >>> _heading(["II", "2", "DSN 2"]), _heading(["KRAJAN"])
    ('II (juga ditulis 2, DSN 2)', 'KRAJAN')
    """
    first, *others = spellings
    more = ", …" if len(others) > _MOST_OTHERS else ""
    return f"{first} (juga ditulis {', '.join(others[:_MOST_OTHERS])}{more})" if others else first
