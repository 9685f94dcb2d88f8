"""Joining dwellings of one place, the surest first; each join must hold for all pairs that it makes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.compiled import compiled
from assets.households.linkage.arrays.links import root
from assets.households.linkage.arrays.text import Ints


@compiled
def group_dwellings(
    home: npt.NDArray[np.int64],
    known: npt.NDArray[np.bool_],
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    odds: npt.NDArray[np.float64],
    surest: npt.NDArray[np.int64],
) -> Ints:
    """Return for each dwelling the first of its group.

    `home`: the household of each dwelling, as far as it is known before: these are together already; `known`: whether
    it has a card or a head. Two groups become one if the pairs between them, together, speak for it, and not both are
    known; pairs that share no place do not count. `left`, `right`, `odds`: pairs sorted by left and right, each once,
    and log2 odds less what is needed; `surest`: the pairs to go through, in order.
    """
    count = np.int64(len(home))
    parent, last = np.arange(count).astype(np.int32), np.arange(count).astype(np.int32)
    following, has_card = np.full(count, np.int32(-1), np.int32), known.copy()
    first = np.full(count, np.int32(-1), np.int32)
    for k in range(count):
        a = first[home[k]]
        if a < 0:
            first[home[k]] = k
        else:
            parent[k] = a
            following[last[a]] = k
            last[a] = k
    codes = left * count + right
    for k in surest:
        a, b = root(parent, left[k]), root(parent, right[k])
        if a == b or (has_card[a] and has_card[b]):
            continue
        total, x = 0.0, np.int64(a)
        while x >= 0:
            y = np.int64(b)
            while y >= 0:
                code = min(x, y) * count + max(x, y)
                at = np.searchsorted(codes, code)
                if at < len(codes) and codes[at] == code:
                    total += odds[at]
                y = np.int64(following[y])
            x = np.int64(following[x])
        if total > 0:
            a, b = min(a, b), max(a, b)
            parent[b] = a
            following[last[a]] = b
            last[a] = last[b]
            has_card[a] |= has_card[b]
    for k in range(count):
        parent[k] = root(parent, k)
    return parent
