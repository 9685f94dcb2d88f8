"""Estimating the model without labels: which levels of agreement do persons, housemates and strangers show?

Three samples tell the classes apart, each where one class is well seen: random pairs (strangers); pairs of one KK
number (the same person, housemates, twins), which no name or date selected; and the candidate pairs (how people of
one household agree on KK, head and place, moves included, and how many pairs there are). Expectation maximisation
runs on the histogram of distinct patterns, drawn towards a starting model by a few pseudo-pairs.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.compiled import THREADS
from assets.households.linkage.blocking import Blocking, Blocks, Keys, make_blocks
from assets.households.linkage.compare.levels import LEVELS, SIZES, Agreement, Comparison, NameLevel, NikLevel
from assets.households.linkage.compare.places import CELLS, RUMAH_SHAPE, unpack_rumah
from assets.households.linkage.model.parameters import (
    VILLAGES,
    Floats,
    Model,
    PairClass,
    Scale,
    Weights,
    rarity_by_model,
)
from assets.households.linkage.model.samples import (
    Patterns,
    pairs_anywhere,
    pairs_of_one_card,
    pairs_within_villages,
    patterns_of,
)
from assets.households.linkage.prepare.records import Prepared
from assets.households.linkage.prepare.tokens import TOKENS, token_counts
from assets.households.linkage.scoring import sample_pairs
from assets.households.linkage.weighing import terms

SAMPLE = 400_000
"""Pairs of each sample; more changes the result by less than two samples of this size differ."""
PULL = 40.0
"""Pseudo-pairs with which the starting model speaks in each table."""
ROUNDS = 40
LEAST = 0.002
"""The least share of one person's pairs that shows any level: rows slip, columns are swapped, no field is sure."""
LEAST_CELL = 1e-4
"""The same for a cell of `rumah`, of which there are many."""
BORN_ALIKE = 1 / (365.25 * 60 * 2)
"""How often two strangers of one region share birth date and sex: then the first twelve digits of their NIK agree."""
KIN = 0.001
"""The least share of pairs of housemates whose names agree, at any level, because they are kin: sons are named after
fathers."""
FAMILY_NAMES = 0.3
"""Share of housemates who share a part of their names, before anything is seen of them."""
ENOUGH = 1000
"""Pairs of strangers from which a sample says more of a level than the starting model."""
OF_TWINS = (Comparison.LAHIR, Comparison.NIK, Comparison.UMUR)
"""What twins agree in more often than other housemates."""
UNSEEN = 0.5
"""Pairs of strangers added to each level and cell: what a sample did not show is rare, but not unheard of."""
FEWEST = 60
"""Pairs of one person that a set must show before it can identify a model."""


class ModelNotIdentified(ValueError):  # noqa: N818 - reads as what it says
    """The records cannot tell the classes of pairs apart; the shipped model serves instead."""


def train(
    records: Prepared,
    start: Model,
    blocks: tuple[list[Blocks], Keys] | None = None,
    *,
    sample: int = SAMPLE,
    salt: int = 0,
) -> Model:
    """Estimate a model from records; `start` pulls where the records say little.

    `blocks`: candidate pairs (`make_blocks`), of the shipped rules if not given; `salt` picks other samples.
    Raises ModelNotIdentified where there are too few repeated persons to learn from.
    """
    tokens, lengths = token_shares(records), length_shares(records)
    p = replace(records, names=rarity_by_model(records.names, tokens, lengths))
    candidates, keys = blocks or make_blocks(p, Blocking.load())
    with ThreadPoolExecutor(THREADS) as pool:
        drawn = (
            pool.submit(sample_pairs, candidates, keys, p.record_hash, sample, salt),
            pool.submit(pairs_of_one_card, p, sample // 2, salt),
            pool.submit(pairs_anywhere, p, sample // 2, salt),
            pool.submit(pairs_within_villages, p, sample // 2, salt),
        )
        share = drawn[0].result()[2]
        pairs = [pair.result()[:2] for pair in drawn]
        seen, card, anywhere, within = pool.map(lambda ends: patterns_of(ends[0], ends[1], p), pairs)
    model = _strangers(p, replace(start, tokens=tokens, lengths=lengths), anywhere, within)
    model, cards = _one_card(p, model, card)
    model, matches = _candidates(p, model, seen, share, learn_persons=cards == 0)
    if matches * share < FEWEST:
        raise ModelNotIdentified(
            f"{len(p)} records show about {matches:.0f} pairs of one person; at least {FEWEST} are needed to train a "
            "model. The shipped model serves."
        )
    summary = {
        "records": len(p),
        "candidate_pairs": int(seen.pairs / share) if share else 0,
        "pairs_compared": int(seen.pairs),
        "pairs_of_one_card": cards,
        "pairs_of_one_person": round(matches),
    }
    return replace(model, summary=summary)


def token_shares(p: Prepared, at_most: int = 3000) -> dict[str, float]:
    """Return the share of records for each of the commonest words in names; rare words stay out (they are personal)."""
    counts = token_counts(p.names, p.rows["name"])
    named = max(int((p.rows["name"] >= 0).sum()), 1)
    common = np.lexsort((np.arange(len(counts)), -counts))[:at_most]
    texts = p.names.vocabulary.text
    fewest = max(5, named // 50_000)
    return {texts[int(k)].as_py(): float(counts[k] / named) for k in common if counts[k] >= fewest}


def length_shares(p: Prepared) -> list[float]:
    """Return the share of names with 0, 1, 2 … tokens."""
    names = p.rows["name"]
    count = np.bincount((p.names.tokens >= 0).sum(axis=1)[names[names >= 0]], minlength=TOKENS + 1)
    return [float(c) for c in count / max(count.sum(), 1)]


def _pooled(counts: Floats, start: Floats, pull: float) -> Floats:
    """Turn counts (… × levels) into probabilities of the levels that were said, drawn towards `start`."""
    counts = counts.copy()
    counts[..., 0] = 0
    out = counts + pull * start + 1e-9
    out[..., 0] = 0
    out = out / out.sum(axis=-1, keepdims=True)
    out[..., 0] = 1
    return np.asarray(out)


def fallible(table: Floats) -> Floats:
    """Leave no level of one person's records less probable than `LEAST`."""
    out = np.maximum(table, LEAST)
    out[..., 1:] /= out[..., 1:].sum(axis=-1, keepdims=True)
    return np.asarray(out)


def _tally(levels: npt.NDArray[np.int64], weight: Floats, size: int) -> Floats:
    return np.asarray(np.bincount(levels, weight, minlength=size)[:size], np.float64)


def _strangers(p: Prepared, start: Model, anywhere: Patterns, within: Patterns) -> Model:
    """Estimate how strangers agree, from random pairs of all records and of each village."""
    anywhere, within = _unrelated_only(anywhere, start, p), _unrelated_only(within, start, p)
    levels = {name: table.copy() for name, table in start.levels.items()}
    for comparison in LEVELS:
        table, size = levels[comparison.key][PairClass.UNRELATED], SIZES[comparison]
        for v in range(VILLAGES):
            source = within if v == Agreement.SAME else anywhere
            every = np.ones(len(source.count), bool)
            use = every if comparison == Comparison.HUBUNGAN else source.context(comparison) == v
            counts = _tally(source.levels[use, comparison], source.count[use], size)
            if counts[1:].sum() < ENOUGH:
                counts = _tally(anywhere.levels[:, comparison], anywhere.count, size)
            if counts[1:].sum() >= ENOUGH:
                counts += UNSEEN
            table[v] = _pooled(counts, start.levels[comparison.key][PairClass.UNRELATED, v], 1.0)
    _bound_near_niks(levels[Comparison.NIK.key][PairClass.UNRELATED])
    places = start.unrelated_places.copy()
    for v in range(VILLAGES):
        source = within if v == Agreement.SAME else anywhere
        where = source.levels[:, Comparison.RUMAH]
        use = unpack_rumah(where).village == v
        cells = _tally(where[use], source.count[use], CELLS)
        places[v] = joint_places(cells, start.unrelated_places[v], stranger=True)
    return replace(start, levels=levels, unrelated_places=places, kappa=_kappa(p, anywhere, within, start))


def _bound_near_niks(u: Floats) -> None:
    """Keep what strangers' NIKs do within what is known of NIKs, where a sample is too small to show it.

    `u`: villages × `NikLevel`. Region and date agree as often as birthdays do, in another village not more often than
    in the same one; all digits but the last agree a hundred times less often than region and date.
    """
    alike = u[:, NikLevel.SAME_DATE_AND_REGION]
    u[:, NikLevel.SAME_DATE_AND_REGION] = np.maximum(alike, [BORN_ALIKE * 0.1, BORN_ALIKE, BORN_ALIKE * 0.1])
    for level in (NikLevel.PREFIX, NikLevel.ONE_DIGIT_OFF, NikLevel.SAME_DATE_AND_REGION):
        most = u[Agreement.SAME, level]
        u[:, level] = np.maximum(most * 0.05, np.minimum(u[:, level], most))
    u[:, NikLevel.PREFIX] = np.minimum(u[:, NikLevel.PREFIX], u[:, NikLevel.SAME_DATE_AND_REGION] * 0.01)


def _unrelated_only(seen: Patterns, model: Model, p: Prepared) -> Patterns:
    """Weigh each pattern by the chance that its pairs are strangers: random pairs of a village hold relatives too."""
    return replace(seen, count=seen.count * posterior(seen, model.weights(Scale.of(p)))[:, PairClass.UNRELATED])


def _kappa(p: Prepared, anywhere: Patterns, within: Patterns, start: Model) -> Floats:
    """Return for each level of `nama` how often strangers agree so, in terms of how common what agrees is."""
    pairs = anywhere.count.sum()
    out = start.kappa.copy()
    common = 2.0 ** (-2.0 * anywhere.rarity - 1.0)
    for level in range(NameLevel.FUZZY, NameLevel.DIFFERENT):
        use = (anywhere.levels[:, Comparison.NAMA] == level) & (anywhere.rarity <= 6)
        seen = anywhere.count[use].sum()
        ratio = float((anywhere.count[use] / common[use]).sum() / max(pairs, 1))
        out[level] = np.exp((seen * np.log(max(ratio, 1e-3)) + 20 * np.log(start.kappa[level])) / (seen + 20))
    names = p.rows["name"]
    records = np.bincount(names[names >= 0], minlength=len(p.names.tokens))
    named = records > 0
    _, first, spelling = np.unique(p.names.token_set[named], return_index=True, return_inverse=True)
    count = np.bincount(spelling, records[named])
    rarity = np.append(p.names.vocabulary.rarity, np.float32(0))[p.names.tokens].sum(axis=1)
    rarity = (rarity + p.names.lengths[(p.names.tokens >= 0).sum(axis=1)])[named][first]
    share = count / max(count.sum(), 1)
    often = count > 30  # fewer may be one person's own records
    expected = float((share * 2.0 ** rarity.astype(float))[often].sum())
    if expected > 0:
        out[NameLevel.SAME] = float(np.clip((share[often] ** 2).sum() / expected, 0.3, 3))
    return out


def joint_places(cells: Floats, start: Floats, *, stranger: bool) -> Floats:
    """Turn counts of the cells of `rumah` into probabilities, for each pattern of what is said.

    A pattern that was hardly seen gets the margin of what was seen of the others, then of `start`. For strangers the
    cells of one village level are given, and those of the same KK stand for the rest given that the KK is the same.
    """
    counts, prior = cells.reshape(RUMAH_SHAPE), start.reshape(RUMAH_SHAPE)
    full = counts[1:, 1:, 1:, 1:]
    out = np.zeros(RUMAH_SHAPE)
    for stated in product((False, True), repeat=len(RUMAH_SHAPE)):  # KK, head, village, place
        index = tuple(slice(1, None) if part else slice(0, 1) for part in stated)
        missing = tuple(axis for axis, part in enumerate(stated) if not part)
        margin = full.sum(axis=missing, keepdims=True) if missing else full
        own, expected = counts[index], prior[index]
        expected = expected / expected.sum() if expected.sum() > 0 else np.ones_like(expected) / expected.size
        if stranger:
            mixed = _drawn(own, _drawn(margin, expected))
        else:
            base = margin / full.sum() * 0.9 + expected * 0.1 if full.sum() > 500 else expected
            mixed = own + PULL * base + 1e-7
            mixed = np.maximum(mixed, mixed.sum() * LEAST_CELL)
        if stranger and stated[0]:
            mixed[0] = 0
            mixed = mixed / mixed.sum()
            mixed[0] = mixed[1:].sum(axis=0)
        else:
            mixed = mixed / mixed.sum()
        out[index] = mixed
    return out.reshape(CELLS)


def _drawn(counts: Floats, expected: Floats) -> Floats:
    """Draw counts of strangers' cells towards what is expected of them, by half a pair each: of a cell that a sample
    was too small to show, it says nothing."""
    rates = (counts + UNSEEN) / (counts.sum() + UNSEEN / np.maximum(expected, 1e-9))
    return np.asarray(rates / rates.sum())


def posterior(patterns: Patterns, weights: Weights, *, cells: bool = True) -> Floats:
    """Return P(class | pattern), patterns × classes; `cells`: with what `rumah` says."""
    each = terms(patterns.levels, patterns.rarity, weights)
    total = weights.prior + (each if cells else each[:, :, : Comparison.RUMAH]).sum(axis=2).T
    total -= total.max(axis=1, keepdims=True)
    odds = 2.0**total
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def _one_card(p: Prepared, start: Model, seen: Patterns) -> tuple[Model, int]:
    """Estimate persons, housemates and twins from pairs of records with one KK number."""
    n = seen.pairs
    if n < 300:
        return start, 0
    model, shares = start, np.array([0.4, 0.59, 0.01])
    for _ in range(ROUNDS):
        weights = Weights.of(model, Scale(len(p), 1.0))
        weights = replace(weights, prior=np.append(np.log2(shares), -60.0))
        belief = posterior(seen, weights, cells=False) * seen.count[:, None]
        model = _persons(model, start, seen, belief, (PairClass.SAME, PairClass.HOUSEMATE, PairClass.TWIN))
        before, shares = shares, np.maximum(belief[:, :3].sum(axis=0) / n, 1e-6)
        if np.abs(shares - before).max() < 1e-5:
            break
    same = model.pairs["same"]
    ratio = shares / shares[0]
    pairs = model.pairs | {"housemate": same * ratio[1], "twin": same * ratio[2]}
    return replace(model, pairs=pairs), int(n)


def _persons(model: Model, start: Model, seen: Patterns, belief: Floats, classes: tuple[PairClass, ...]) -> Model:
    """Take tables of some classes from weighted patterns (`belief`: patterns × classes); twins share with housemates
    what does not distinguish them, of their names all but how often these are one but for vowels."""
    levels = {name: table.copy() for name, table in model.levels.items()}
    for comparison in LEVELS:
        table, first = levels[comparison.key], start.levels[comparison.key]
        own = {c: _tally(seen.levels[:, comparison], belief[:, c], SIZES[comparison]) for c in classes}
        alike = own.get(PairClass.TWIN)
        if PairClass.TWIN in own and comparison not in OF_TWINS:
            both = own[PairClass.HOUSEMATE] + own[PairClass.TWIN]
            own[PairClass.HOUSEMATE] = own[PairClass.TWIN] = both
        for c in classes:
            table[c] = _pooled(own[c], first[c], PULL if c != PairClass.TWIN else 4 * PULL)
        if comparison == Comparison.NAMA and alike is not None:
            _name_twins(table[PairClass.TWIN], _pooled(alike, first[PairClass.TWIN], PULL)[:, NameLevel.OTHER_VOWELS])
        table[PairClass.SAME] = fallible(table[PairClass.SAME])
    kin = model.kin
    if PairClass.HOUSEMATE in classes:
        names = levels[Comparison.NAMA.key]
        chance = names[PairClass.UNRELATED, Agreement.SAME]  # a tenth more: what two samples differ by
        kin = np.maximum(names[PairClass.HOUSEMATE : PairClass.TWIN + 1, 0] - 1.1 * chance, KIN)
    return replace(model, levels=levels, kin=kin)


def _name_twins(table: Floats, alike: Floats) -> None:
    """Let a share of twins have names that are one but for vowels; `table`: contexts × levels; `alike`: by context."""
    rest = 1 - table[:, NameLevel.OTHER_VOWELS]
    table[:, 1:] *= ((1 - alike) / rest)[:, None]
    table[:, NameLevel.OTHER_VOWELS] = alike


def _by_context(model: Model, start: Model, seen: Patterns, belief: Floats) -> dict[str, Floats]:
    """Estimate what of one person changes with the household: relation, list and birthplace as it is written."""
    out = {}
    for comparison in (Comparison.HUBUNGAN, Comparison.DAFTAR, Comparison.TEMPAT_LAHIR):
        table, first = model.levels[comparison.key].copy(), start.levels[comparison.key][PairClass.SAME]
        for v in range(VILLAGES):
            use = seen.context(comparison) == v
            counts = _tally(seen.levels[use, comparison], belief[use], SIZES[comparison])
            table[PairClass.SAME, v] = fallible(_pooled(counts, first[v], PULL))
        out[comparison.key] = table
    return out


def _with_family_names(model: Model, start: Model, share: float) -> Model:
    """Let a share of housemates with other names share a part of them, as families do where there are family names."""
    key, partial = Comparison.NAMA.key, NameLevel.PARTIAL
    names = model.levels[key].copy()
    for c in (PairClass.HOUSEMATE, PairClass.TWIN):
        rest = start.levels[key][c, :, partial:].sum(axis=1)
        names[c, :, partial], names[c, :, NameLevel.DIFFERENT] = rest * share, rest * (1 - share)
    kin, chance = model.kin.copy(), names[PairClass.UNRELATED, Agreement.SAME, partial]
    kin[:, partial] = max(float(names[PairClass.HOUSEMATE, 0, partial] - 1.1 * chance), KIN)
    return replace(model, levels=model.levels | {key: names}, kin=kin)


def _candidates(p: Prepared, start: Model, seen: Patterns, share: float, *, learn_persons: bool) -> tuple[Model, float]:
    """Estimate from candidate pairs how people of one household agree on it, and how many pairs are one person."""
    if not seen.pairs:
        return start, 0.0
    model, scale, matches = start, Scale.of(p), 0.0
    housemates, twins = start.pairs["housemate"] / start.pairs["same"], start.pairs["twin"] / start.pairs["same"]
    where = seen.levels[:, Comparison.RUMAH]
    if learn_persons:
        model = _with_family_names(model, start, FAMILY_NAMES)
    for _ in range(ROUNDS):
        belief = posterior(seen, model.weights(scale)) * seen.count[:, None]
        before, matches = matches, float(belief[:, PairClass.SAME].sum()) / share
        same = max(matches, 1.0) / len(p)
        if learn_persons:
            housemates, twins = (
                max(float(belief[:, c].sum()) / share / max(matches, 1.0), 1e-5)
                for c in (PairClass.HOUSEMATE, PairClass.TWIN)
            )
        pairs = model.pairs | {"same": same, "housemate": same * housemates, "twin": same * twins}
        related = joint_places(_tally(where, belief[:, PairClass.SAME], CELLS), start.related, stranger=False)
        model = replace(model, pairs=pairs, related=related)
        if learn_persons:
            model = _persons(model, start, seen, belief, (PairClass.SAME,))
            names = _tally(seen.levels[:, Comparison.NAMA], belief[:, PairClass.HOUSEMATE], len(NameLevel))
            partial, others = names[NameLevel.PARTIAL], names[NameLevel.PARTIAL :].sum()
            model = _with_family_names(model, start, float((partial + PULL * FAMILY_NAMES) / (others + PULL)))
        model = replace(model, levels=model.levels | _by_context(model, start, seen, belief[:, PairClass.SAME]))
        if abs(matches - before) < 1e-4 * matches:
            break
    return model, matches
