"""Texts as they are compared: without case, accents and punctuation."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc


def clean(values: pa.Array, keep: str) -> pa.Array:
    """Return texts in upper case without accents and apostrophes.

    `keep`: the characters that stay, as the inside of a regular expression's `[…]`; a run of others becomes one space.
    """
    out = pc.utf8_normalize(values, form="NFKD")
    out = pc.utf8_upper(pc.replace_substring_regex(out, r"\p{M}|['’`´]", ""))
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(out, f"[^{keep}]+", " "))
