"""What two records weigh together: the odds, by the levels of all comparisons, that they are one person."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.compiled import kernel
from assets.households.linkage.arrays.text import Ints
from assets.households.linkage.compare.identifiers import compare_kks
from assets.households.linkage.compare.levels import LEVELS, SIZES, Comparison, KkLevel, NikLevel, RelativeLevel
from assets.households.linkage.compare.names import RARITIES
from assets.households.linkage.compare.places import (
    RUMAH_SHAPE,
    compare_heads,
    compare_places,
    compare_villages,
    pack_rumah,
    unpack_rumah,
)
from assets.households.linkage.compare.records import (
    LEVEL_COLUMNS,
    RecordArrays,
    compare_facts,
    compare_own_names,
    compare_parents,
)
from assets.households.linkage.model.parameters import Floats, PairClass, Weights

NO_CUT = -1e9
"""A cut below every weight: each pair is compared to the end."""
NOTHING = 40.0
"""Bits beyond which a lesser class adds nothing to a greater one."""
_, BIRTHS, NIKS, SEXES, BIRTHPLACES, ROLES, LISTS, MOTHERS, FATHERS, AGES = SIZES
INSIDE_NIK = (Comparison.LAHIR, Comparison.JENIS_KELAMIN)
"""What a NIK says besides."""
ANY_HEAD = len(RelativeLevel)
"""Stands for any level of the head in `PackedWeights.best_rumah`."""
CARD_LEVELS = KkLevel.NEAR + 1
"""Levels of KK that the weights of relations tell apart: missing, same, and other."""
Whole = npt.NDArray[np.integer[Any]]


class PackedWeights(NamedTuple):
    """Weights (log2) laid out for `weigh`: what several comparisons weigh together for all classes is one look-up.

    Tables of cells × classes. facts: the prior and cells of village, NIK, birth, sex and age; circumstances: cells of
    village, card, birthplace, relation and list; parents: of village, mother and father; names: of level and rarity
    bin; rumah: of `rumah`.

    Bounds, the most that is still to come for the same person against others: best_name, against each class;
    best_rumah, against strangers, by level of KK, of head (or `ANY_HEAD`) and of village; best_mother and best_father,
    against any class.

    needed: the weight above which two groups of records become one person.
    """

    facts: Floats
    circumstances: Floats
    parents: Floats
    names: Floats
    rumah: Floats
    best_name: Floats
    best_rumah: Floats
    best_mother: float
    best_father: float
    needed: float


@kernel
def _facts_cell(village: int, nik: int, birth: int, sex: int, age: int) -> int:
    return (((village * NIKS + nik) * BIRTHS + birth) * SEXES + sex) * AGES + age


@kernel
def _circumstances_cell(village: int, card: int, birthplace: int, role: int, listed: int) -> int:
    return (((village * CARD_LEVELS + card) * BIRTHPLACES + birthplace) * ROLES + role) * LISTS + listed


@kernel
def weigh(p: int, q: int, records: RecordArrays, weights: PackedWeights, levels: Ints, cut: float) -> float:
    """Return the log2 odds, prior included, that two records are one person rather than anything else.

    What costs least is compared first. As soon as even full agreement on all the rest could not bring the odds to
    `cut`, the comparison ends, and what is returned lies below `cut`. `levels` (`LEVEL_COLUMNS` numbers) is written;
    where the comparison ended early, the levels of what was not compared are 0.
    """
    a, b = records.rows[p], records.rows[q]
    compare_facts(a, b, levels)
    village, kk = compare_villages(a, b), compare_kks(a, b)
    at = _facts_cell(
        village, levels[Comparison.NIK], levels[Comparison.LAHIR], levels[Comparison.JENIS_KELAMIN],
        levels[Comparison.UMUR],
    )  # fmt: skip
    table = weights.facts
    same, housemates, twins, strangers = table[at, 0], table[at, 1], table[at, 2], table[at, 3]
    at = _circumstances_cell(
        village, kk if kk < KkLevel.NEAR else KkLevel.NEAR, levels[Comparison.TEMPAT_LAHIR],
        levels[Comparison.HUBUNGAN], levels[Comparison.DAFTAR],
    )  # fmt: skip
    table = weights.circumstances
    same, housemates = same + table[at, 0], housemates + table[at, 1]
    twins, strangers = twins + table[at, 2], strangers + table[at, 3]

    best_rumah, best_parents = weights.best_rumah[kk, ANY_HEAD, village], 0.0
    if a.mother >= 0 and b.mother >= 0:
        best_parents += weights.best_mother
    if a.father >= 0 and b.father >= 0:
        best_parents += weights.best_father
    best_name = weights.best_name
    against_housemates = same - housemates + best_name[PairClass.HOUSEMATE]
    against_strangers = same - strangers + best_name[PairClass.UNRELATED] + best_rumah
    if min(against_housemates, against_strangers) + best_parents < cut:
        return cut - 1.0

    rarity = compare_own_names(a, b, records.names, levels)
    at, table = levels[Comparison.NAMA] * RARITIES + rarity, weights.names
    same, housemates = same + table[at, 0], housemates + table[at, 1]
    twins, strangers = twins + table[at, 2], strangers + table[at, 3]
    if min(same - housemates, same - twins, same - strangers + best_rumah) + best_parents < cut:
        return cut - 1.0

    head = compare_heads(a, b, records.names)
    if same - strangers + weights.best_rumah[kk, head, village] + best_parents < cut:
        return cut - 1.0

    cell = pack_rumah(kk, head, village, compare_places(a, b, records.addresses))
    levels[Comparison.RUMAH] = cell
    compare_parents(a, b, records.names, levels)
    at = (village * MOTHERS + levels[Comparison.IBU]) * FATHERS + levels[Comparison.AYAH]
    parents, table = weights.parents, weights.rumah
    same, housemates = same + parents[at, 0] + table[cell, 0], housemates + parents[at, 1] + table[cell, 1]
    twins, strangers = twins + parents[at, 2] + table[cell, 2], strangers + parents[at, 3] + table[cell, 3]
    rival = max(housemates, twins, strangers)
    if same - rival < cut:
        return cut - 1.0
    rivals = 0.0  # the sum of the three, as a multiple of the greatest
    for other in (housemates, twins, strangers):
        if rival - other < NOTHING:
            rivals += 2.0 ** (other - rival)
    return float(same - rival - np.log2(rivals))


def nearly_same_niks(level: Whole) -> npt.NDArray[np.bool_]:
    """Say at which levels of `nik` two numbers are nearly the same: so is then what is inside, whoever it is."""
    return (level >= NikLevel.PREFIX) & (level <= NikLevel.SAME_DATE_AND_REGION)


def terms(levels: Whole, rarity: Whole, weights: Weights) -> npt.NDArray[np.float64]:
    """Return log2 P(level | class), classes × pairs × comparisons, `rumah` last: what `weigh` adds up.

    `levels` (pairs × `LEVEL_COLUMNS`) and `rarity` as `compare_pairs` gives them.
    """
    cell, nik = levels[:, Comparison.RUMAH], levels[:, Comparison.NIK]
    rumah = unpack_rumah(cell)
    card = np.minimum(rumah.kk, KkLevel.NEAR)
    out = np.empty((len(weights.prior), len(levels), LEVEL_COLUMNS))
    out[:, :, Comparison.NAMA] = weights.name[:, levels[:, Comparison.NAMA], rarity]
    for comparison in LEVELS:
        if comparison == Comparison.NAMA:
            continue
        context = card if comparison == Comparison.HUBUNGAN else rumah.village
        out[:, :, comparison] = weights.plain[:, context, comparison, levels[:, comparison]]
        if comparison in INSIDE_NIK:
            near, same = nearly_same_niks(nik), (nik == NikLevel.SAME) | (nik == NikLevel.SAME_CUT)
            out[1:, near, comparison] = out[PairClass.SAME, near, comparison]
            out[PairClass.UNRELATED, same, comparison] = out[PairClass.SAME, same, comparison]
    out[:, :, Comparison.RUMAH] = weights.rumah[:, cell]
    return out


def packed_weights(w: Weights) -> PackedWeights:
    """Lay weights out as the compiled scorer reads them."""
    known = {comparison: w.plain[:, :, comparison, : SIZES[comparison]] for comparison in LEVELS}
    born = [np.repeat(known[c][:, :, None], NIKS, axis=2) for c in INSIDE_NIK]  # classes × villages × NIK × levels
    for table in born:
        near = nearly_same_niks(np.arange(NIKS))
        table[1:, :, near] = table[: PairClass.SAME + 1, :, near]
        for same in (NikLevel.SAME, NikLevel.SAME_CUT):
            table[PairClass.UNRELATED, :, same] = table[PairClass.SAME, :, same]
    nik = known[Comparison.NIK][:, :, :, None, None, None]
    age = known[Comparison.UMUR][:, :, None, None, None, :]
    facts = w.prior[:, None, None, None, None, None] + nik + born[0][..., None, None] + born[1][:, :, :, None, :, None]
    facts = facts + age
    circumstances = (
        known[Comparison.TEMPAT_LAHIR][:, :, None, :, None, None]
        + known[Comparison.HUBUNGAN][:, None, :, None, :, None]
        + known[Comparison.DAFTAR][:, :, None, None, None, :]
    )
    mother, father = known[Comparison.IBU], known[Comparison.AYAH]
    parents = mother[:, :, :, None] + father[:, :, None, :]
    against = w.rumah[PairClass.SAME] - w.rumah[PairClass.UNRELATED]
    best_rumah = against.reshape(RUMAH_SHAPE).max(axis=3)
    return PackedWeights(
        facts=_by_cell(facts),
        circumstances=_by_cell(circumstances),
        parents=_by_cell(parents),
        names=_by_cell(w.name),
        rumah=_by_cell(w.rumah),
        best_name=(w.name[:1] - w.name).max(axis=(1, 2)),
        best_rumah=np.concatenate([best_rumah, best_rumah.max(axis=1, keepdims=True)], axis=1),
        best_mother=float((mother[:1] - mother).max()),
        best_father=float((father[:1] - father).max()),
        needed=w.needed,
    )


def _by_cell(table: Floats) -> Floats:
    """Turn classes × levels × … into cells × classes."""
    return np.ascontiguousarray(table.reshape(len(table), -1).T)
