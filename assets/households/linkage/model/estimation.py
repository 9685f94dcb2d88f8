"""Estimating the model without labels: which levels of agreement do persons, housemates and strangers show?

Three samples tell the classes apart, each where one class is well seen: random pairs (strangers); pairs of one KK
number (the same person, housemates, twins), which no name or date selected; and the candidate pairs (how people of
one household agree on KK, head and place, moves included, and how many pairs there are). Expectation maximisation
runs on the histogram of distinct patterns, drawn towards a starting model by a few pseudo-pairs.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from assets.households.linkage.arrays.compiled import THREADS
from assets.households.linkage.blocking import Blocking, Blocks, Keys, make_blocks
from assets.households.linkage.compare.comparisons import CELLS, COMPARISONS, FIELDS, SIZES
from assets.households.linkage.model.parameters import (
    HOUSEMATE,
    SAME,
    TWIN,
    UNRELATED,
    VILLAGES,
    Floats,
    Model,
    Scale,
    Weights,
    rarity_by_model,
)
from assets.households.linkage.model.samples import (
    ROLES,
    Patterns,
    pairs_anywhere,
    pairs_of_one_card,
    pairs_within_villages,
    patterns_of,
)
from assets.households.linkage.prepare.records import NAME, Prepared
from assets.households.linkage.prepare.tokens import TOKENS, token_counts
from assets.households.linkage.scoring import COMPARISON_NUMBERS, sample_pairs, terms

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
PARTIAL = COMPARISONS["nama"].index("partial")
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
        seen, card, anywhere, within = pool.map(lambda told: patterns_of(told[0], told[1], p), pairs)
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
    counts = token_counts(p.names, p.fields[:, NAME])
    named = max(int((p.fields[:, NAME] >= 0).sum()), 1)
    common = np.lexsort((np.arange(len(counts)), -counts))[:at_most]
    texts = p.names.vocabulary.text
    fewest = max(5, named // 50_000)
    return {texts[int(k)].as_py(): float(counts[k] / named) for k in common if counts[k] >= fewest}


def length_shares(p: Prepared) -> list[float]:
    """Return the share of names with 0, 1, 2 … tokens."""
    names = p.fields[:, NAME]
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
    for k, (name, size) in enumerate(zip(COMPARISONS, SIZES, strict=True)):
        for v in range(VILLAGES):
            source = within if v == 1 else anywhere
            use = source.context(k) == v if k != ROLES else np.ones(len(source.count), bool)
            told = _tally(source.levels[use, k], source.count[use], size)
            if told[1:].sum() < 1000:
                told = _tally(anywhere.levels[:, k], anywhere.count, size)
            if told[1:].sum() >= 1000:
                told += UNSEEN
            levels[name][UNRELATED, v] = _pooled(told, start.levels[name][UNRELATED, v], 1.0)
    u = levels["nik"][UNRELATED]
    u[:, 4] = np.maximum(u[:, 4], [BORN_ALIKE * 0.1, BORN_ALIKE, BORN_ALIKE * 0.1])
    for level in (2, 3, 4):
        u[:, level] = np.maximum(u[1, level] * 0.05, np.minimum(u[:, level], u[1, level]))
    u[:, 2] = np.minimum(u[:, 2], u[:, 4] * 0.01)
    places = start.unrelated_places.copy()
    for v in range(VILLAGES):
        source = within if v == 1 else anywhere
        use = source.levels[:, FIELDS] // 5 % 3 == v
        cells = _tally(source.levels[use, FIELDS], source.count[use], CELLS)
        places[v] = joint_places(cells, start.unrelated_places[v], stranger=True)
    return replace(start, levels=levels, unrelated_places=places, kappa=_kappa(p, anywhere, within, start))


def _unrelated_only(seen: Patterns, model: Model, p: Prepared) -> Patterns:
    """Weigh each pattern by the chance that its pairs are strangers: random pairs of a village hold relatives too."""
    return replace(seen, count=seen.count * posterior(seen, model.weights(Scale.of(p)))[:, UNRELATED])


def _kappa(p: Prepared, anywhere: Patterns, within: Patterns, start: Model) -> Floats:
    """Return for each level of `nama` how often strangers agree so, in terms of how common what agrees is."""
    pairs = anywhere.count.sum()
    out = start.kappa.copy()
    common = 2.0 ** (-2.0 * anywhere.rarity - 1.0)
    for level in range(2, SIZES[0] - 1):
        use = (anywhere.levels[:, 0] == level) & (anywhere.rarity <= 6)
        seen = anywhere.count[use].sum()
        told = float((anywhere.count[use] / common[use]).sum() / max(pairs, 1))
        out[level] = np.exp((seen * np.log(max(told, 1e-3)) + 20 * np.log(start.kappa[level])) / (seen + 20))
    names = p.fields[:, NAME]
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
        out[1] = float(np.clip((share[often] ** 2).sum() / expected, 0.3, 3))
    return out


def joint_places(cells: Floats, start: Floats, *, stranger: bool) -> Floats:
    """Turn counts of the cells of `rumah` into probabilities, for each pattern of what is said.

    A pattern that was hardly seen gets the margin of what was seen of the others, then of `start`. For strangers the
    cells of one village level are given, and those of the same KK stand for the rest given that the KK is the same.
    """
    shape = (4, 4, 3, 5)
    counts, prior = cells.reshape(shape), start.reshape(shape)
    out = np.zeros(shape)
    said = [(0, 1), (0, 1), (0, 1), (0, 1)]
    for kk in said[0]:
        for head in said[1]:
            for village in said[2]:
                for place in said[3]:
                    index = tuple(slice(1, None) if s else slice(0, 1) for s in (kk, head, village, place))
                    missing = tuple(a for a, s in enumerate((kk, head, village, place)) if not s)
                    fuller = counts[1:, 1:, 1:, 1:]
                    margin = fuller.sum(axis=missing, keepdims=True) if missing else fuller
                    own, told = counts[index], prior[index]
                    told = told / told.sum() if told.sum() > 0 else np.ones_like(told) / told.size
                    if stranger:
                        mixed = _drawn(own, _drawn(margin, told))
                    else:
                        base = margin / fuller.sum() * 0.9 + told * 0.1 if fuller.sum() > 500 else told
                        mixed = own + PULL * base + 1e-7
                        mixed = np.maximum(mixed, mixed.sum() * LEAST_CELL)
                    if stranger and kk:
                        mixed[0] = 0
                        mixed = mixed / mixed.sum()
                        mixed[0] = mixed[1:].sum(axis=0)
                    else:
                        mixed = mixed / mixed.sum()
                    out[index] = mixed
    return out.reshape(CELLS)


def _drawn(counts: Floats, told: Floats) -> Floats:
    """Draw counts of strangers' cells towards what is told of them, by half a pair each: of a cell that a sample was
    too small to show, it says nothing."""
    rates = (counts + UNSEEN) / (counts.sum() + UNSEEN / np.maximum(told, 1e-9))
    return np.asarray(rates / rates.sum())


def posterior(patterns: Patterns, weights: Weights, *, cells: bool = True) -> Floats:
    """Return P(class | pattern), patterns × classes."""
    told = terms(patterns.levels, patterns.rarity, weights)
    total = weights.prior + (told if cells else told[:, :, :FIELDS]).sum(axis=2).T
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
        model = _persons(model, start, seen, belief, (SAME, HOUSEMATE, TWIN))
        before, shares = shares, np.maximum(belief[:, :3].sum(axis=0) / n, 1e-6)
        if np.abs(shares - before).max() < 1e-5:
            break
    same = model.pairs["same"]
    ratio = shares / shares[0]
    pairs = model.pairs | {"housemate": same * ratio[1], "twin": same * ratio[2]}
    return replace(model, pairs=pairs), int(n)


def _persons(model: Model, start: Model, seen: Patterns, belief: Floats, classes: tuple[int, ...]) -> Model:
    """Take tables of some classes from weighted patterns; twins share with housemates what does not tell them apart."""
    levels = {name: table.copy() for name, table in model.levels.items()}
    names = list(COMPARISONS)
    for k, (name, size) in enumerate(zip(COMPARISONS, SIZES, strict=True)):
        own = {c: _tally(seen.levels[:, k], belief[:, c], size) for c in classes}
        if TWIN in own and name not in ("lahir", "nik", "umur"):
            own[HOUSEMATE] = own[TWIN] = own[HOUSEMATE] + own[TWIN]
        for c in classes:
            levels[name][c] = _pooled(own[c], start.levels[name][c], PULL if c != TWIN else 4 * PULL)
        levels[name][SAME] = fallible(levels[name][SAME])
    kin = model.kin
    if HOUSEMATE in classes:
        told = levels[names[0]][HOUSEMATE, 0]
        chance = levels[names[0]][UNRELATED, 1]
        kin = np.maximum(told - 1.1 * chance, KIN)  # a tenth more is no more than what two samples differ by
    return replace(model, levels=levels, kin=kin)


def _by_context(model: Model, start: Model, seen: Patterns, belief: Floats) -> dict[str, Floats]:
    """Estimate what of one person changes with the household: relation, list and birthplace as it is written."""
    out = {}
    for name in ("hubungan", "daftar", "tempat_lahir"):
        k, table = COMPARISON_NUMBERS[name], model.levels[name].copy()
        for v in range(VILLAGES):
            use = seen.context(k) == v
            told = _tally(seen.levels[use, k], belief[use], SIZES[k])
            table[SAME, v] = fallible(_pooled(told, start.levels[name][SAME, v], PULL))
        out[name] = table
    return out


def _with_family_names(model: Model, start: Model, share: float) -> Model:
    """Let a share of housemates with other names share a part of them, as families do where there are family names."""
    names = model.levels["nama"].copy()
    for c in (HOUSEMATE, TWIN):
        rest = start.levels["nama"][c, :, PARTIAL:].sum(axis=1)
        names[c, :, PARTIAL], names[c, :, PARTIAL + 1] = rest * share, rest * (1 - share)
    kin = model.kin.copy()
    kin[PARTIAL] = max(float(names[HOUSEMATE, 0, PARTIAL] - 1.1 * names[UNRELATED, 1, PARTIAL]), KIN)
    return replace(model, levels=model.levels | {"nama": names}, kin=kin)


def _candidates(p: Prepared, start: Model, seen: Patterns, share: float, *, learn_persons: bool) -> tuple[Model, float]:
    """Estimate from candidate pairs how people of one household agree on it, and how many pairs are one person."""
    if not seen.pairs:
        return start, 0.0
    model, scale, matches = start, Scale.of(p), 0.0
    housemates, twins = start.pairs["housemate"] / start.pairs["same"], start.pairs["twin"] / start.pairs["same"]
    where = seen.levels[:, FIELDS]
    if learn_persons:
        model = _with_family_names(model, start, FAMILY_NAMES)
    for _ in range(ROUNDS):
        belief = posterior(seen, model.weights(scale)) * seen.count[:, None]
        before, matches = matches, float(belief[:, SAME].sum()) / share
        same = max(matches, 1.0) / len(p)
        if learn_persons:
            housemates, twins = (
                max(float(belief[:, c].sum()) / share / max(matches, 1.0), 1e-5) for c in (HOUSEMATE, TWIN)
            )
        pairs = model.pairs | {"same": same, "housemate": same * housemates, "twin": same * twins}
        related = joint_places(_tally(where, belief[:, SAME], CELLS), start.related, stranger=False)
        model = replace(model, pairs=pairs, related=related)
        if learn_persons:
            model = _persons(model, start, seen, belief, (SAME,))
            names = _tally(seen.levels[:, 0], belief[:, HOUSEMATE], SIZES[0])
            model = _with_family_names(
                model, start, float((names[PARTIAL] + PULL * FAMILY_NAMES) / (names[PARTIAL:].sum() + PULL))
            )
        model = replace(model, levels=model.levels | _by_context(model, start, seen, belief[:, SAME]))
        if abs(matches - before) < 1e-4 * matches:
            break
    return model, matches
