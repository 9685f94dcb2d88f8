"""Samples of pairs from which a model is estimated: drawn, compared, and counted by what they show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.links import KEY_BITS, runs_of
from assets.households.linkage.arrays.text import Ints
from assets.households.linkage.block_keys import KEYS
from assets.households.linkage.blocking import Blocks, Rule
from assets.households.linkage.compare.levels import LEVELS, SIZES, Comparison, KkLevel
from assets.households.linkage.compare.names import RARITIES
from assets.households.linkage.compare.places import unpack_rumah
from assets.households.linkage.compare.records import compare_pairs, record_arrays
from assets.households.linkage.model.parameters import Floats
from assets.households.linkage.prepare.records import Prepared
from assets.households.linkage.scoring import sample_pairs


@dataclass(frozen=True)
class Patterns:
    """Distinct patterns: levels (patterns × `LEVEL_COLUMNS`), rarity bins, and how many pairs show each."""

    levels: npt.NDArray[np.int64]
    rarity: npt.NDArray[np.int64]
    count: Floats

    @property
    def pairs(self) -> float:
        """How many pairs were compared, or how much they weigh together."""
        return float(self.count.sum())

    def context(self, comparison: Comparison) -> npt.NDArray[np.int64]:
        """Return each pattern's context of a comparison: the level of the village, for `hubungan` that of the KK."""
        rumah = unpack_rumah(self.levels[:, Comparison.RUMAH])
        return np.minimum(rumah.kk, KkLevel.NEAR) if comparison == Comparison.HUBUNGAN else np.asarray(rumah.village)


def patterns_of(left: Ints, right: Ints, p: Prepared) -> Patterns:
    """Compare pairs and count each distinct pattern."""
    levels, rarity = compare_pairs(left.astype(np.int32), right.astype(np.int32), record_arrays(p))
    code = levels[:, Comparison.RUMAH].astype(np.int64)
    for comparison in LEVELS:
        code = code * SIZES[comparison] + levels[:, comparison]
    code = code * RARITIES + rarity
    _, first, count = np.unique(code, return_index=True, return_counts=True)
    return Patterns(levels[first].astype(np.int64), rarity[first].astype(np.int64), count.astype(float))


def pairs_anywhere(p: Prepared, sample: int, salt: int) -> tuple[Ints, Ints]:
    """Draw pairs of all records."""
    return _random_pairs(np.argsort(p.record_hash), sample, salt)


def pairs_within_villages(p: Prepared, sample: int, salt: int) -> tuple[Ints, Ints]:
    """Draw pairs of records of one village."""
    village = p.rows["village"]
    inside = np.lexsort((p.record_hash, village))[int((village < 0).sum()) :]
    return _random_pairs(inside, sample, salt, groups=village)


def pairs_of_one_card(p: Prepared, sample: int, salt: int) -> tuple[Ints, Ints]:
    """Draw pairs of records with one KK number, unless more have it than a family over all lists."""
    key = KEYS["no_kk"](p) & KEY_BITS
    order, starts = runs_of(key)
    sizes = np.diff(starts)
    keep = sizes <= 60
    bounds = np.append(0, np.cumsum(sizes[keep])).astype(np.int32)
    block = Blocks(Rule("one card", ("no_kk",)), order[np.repeat(keep, sizes)], bounds)
    left, right, _ = sample_pairs([block], np.zeros((len(p), 1), np.uint32), p.record_hash, sample, salt)
    return left, right


def _random_pairs(
    members: npt.NDArray[np.int64], sample: int, salt: int, groups: Ints | None = None
) -> tuple[Ints, Ints]:
    """Pair records at pseudo-random distances; `members` stand in the order of their hashes, so pairs are random."""
    n = len(members)
    if n < 2:
        return np.zeros(0, np.int32), np.zeros(0, np.int32)
    generator = np.random.default_rng([n, salt])
    rounds = max(1, min(200, -(-sample // n)))
    reach = n if groups is None else max(2, int(np.median(np.bincount(groups[members]))))
    left, right = [], []
    for _ in range(rounds):
        index = np.arange(n) if n <= sample else generator.choice(n, sample, replace=False)
        other = (index + int(generator.integers(1, reach))) % n
        if groups is not None:
            together = groups[members[index]] == groups[members[other]]
            index, other = index[together], other[together]
        left.append(members[index])
        right.append(members[other])
    return np.concatenate(left).astype(np.int32), np.concatenate(right).astype(np.int32)
