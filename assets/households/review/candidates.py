"""What could be asked of people: of two, whether they are one; of one, whether two were taken for one.

The records of two people make many pairs, and all of them are one question. So pairs of records are put together by
the people that they are of, and a person is parted into the two halves that hang together least. How probable it is
that both are one follows from what all pairs of records between them say, from how often each was listed: who was seen
several times and still stands apart is seldom the other; from whom else each may be; from which lists name them and
their housemates (`listings.py`); and from how the two records agree that stand for them. `chances.csv` says how much
each counts; it was fitted to the invented population (`python -m bench.reviewing --fit`), as the shipped model was.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.households.linkage.compare.levels import LEVELS, Comparison, names_of
from assets.households.linkage.rivals import rivals
from assets.households.review.listings import TERMS as LISTINGS
from assets.households.review.listings import listings
from validation.keys import looked_up, order_of, positions

TABLE = Path(__file__).parent / "chances.csv"
UNCERTAIN = "uncertain_link"
"""Why something is asked that no constraint refused: a key under `reasons` in the texts."""
LIMIT = 16.0
"""log2 weight beyond which one pair of records does not outvote the others, as in clustering."""
NOT_KEPT = -8.0
"""What a pair counts that was not compared, or was not worth keeping."""
WEAK = 4.0
"""log2 weight from which on a link is sure: only people with a weaker one, or a missing one, may be two."""
APART, HALVES = "apart", "halves"
"""The two questions: whether two people are one, and whether the halves of a person are."""
COLUMNS = ["record_id_l", "record_id_r", "person_id_l", "person_id_r", "reason", "match_weight", "match_probability",
           "records_changed", "half"]  # fmt: skip
LOOKED_AT = (
    Comparison.NAMA,
    Comparison.LAHIR,
    Comparison.JENIS_KELAMIN,
    Comparison.TEMPAT_LAHIR,
    Comparison.IBU,
)
"""The comparisons of the two records that stand for a question of which the level counts."""
_ENDS = ["record_id_l", "record_id_r"]
_OF_PAIRS = [*_ENDS, "person_id_l", "person_id_r", "match_weight"]
GAMMAS = [f"gamma_{comparison.key}" for comparison in LOOKED_AT]
LEVEL_TERMS = {
    f"{comparison.key}: {name}": (gamma, level)
    for comparison, gamma in zip(LOOKED_AT, GAMMAS, strict=True)
    for level, name in enumerate(names_of(LEVELS[comparison]))
    if level
}
"""The column and the level that each of such terms is about."""
Floats = npt.NDArray[np.float64]


def of_people(links: pd.DataFrame, membership: pd.DataFrame) -> pd.DataFrame:
    """Name the people of links (`person_id_l`, `person_id_r`); those of records that count no more are left out."""
    of = membership["record_id"], membership["person_id"]
    named = links.assign(**{f"person_id_{side}": looked_up(links[f"record_id_{side}"], *of) for side in "lr"})
    known = named["person_id_l"].notna() & named["person_id_r"].notna()
    return named if known.all() else named[known]


def two_people(pairs: pd.DataFrame, records: pd.DataFrame, membership: pd.DataFrame) -> pd.DataFrame:
    """Return the people of whom some records were compared and kept as a link, two by two.

    In: `pairs`, links as of `of_people` (record_id_l, record_id_r, match_weight, match_probability, decided_by, and the
    levels of comparisons where they are known); `records` and `membership` as in `listings`. Out: one row for two
    people, `COLUMNS`: the pair of their records that is most probably one person; `reason`, what refused it, else what
    refused another pair, or `uncertain_link`; the weight of that pair; the probability that the two are one person; the
    records of the one with fewer; and what the terms of `chances.csv` say: mean, largest, fewer, more, rivals,
    `listings`, the levels of that pair.
    """
    looked_at = [*_OF_PAIRS, "match_probability", "decided_by", *_levels_of(pairs)]
    pairs = pairs.loc[pairs["person_id_l"] != pairs["person_id_r"], looked_at]
    likeliest = pairs[_ENDS].assign(unlike=-pairs["match_probability"])[["unlike", *_ENDS]]
    pairs = pairs.take(order_of(likeliest)).reset_index(drop=True)
    swap = pairs["person_id_l"] > pairs["person_id_r"]
    two = [pairs[f"person_id_{end}"].mask(swap, pairs[f"person_id_{by}"]) for end, by in ("lr", "rl")]
    codes, people = pd.factorize(pd.concat(two, ignore_index=True))
    ends = codes.reshape(2, -1)
    number = pd.factorize(ends[0] * np.int64(len(people)) + ends[1])[0]
    first = ~pd.Series(number).duplicated().to_numpy()
    weights = pairs["match_weight"].clip(-LIMIT, LIMIT).groupby(number).agg(["sum", "count", "max"])
    refused = (pairs["decided_by"] != "model").to_numpy()
    by_another = pairs["decided_by"][refused].groupby(number[refused]).first()
    out, ends = pairs.assign(one=two[0], other=two[1])[first].reset_index(drop=True).join(weights), ends[:, first]
    sizes = _sizes(membership, people)[ends].astype(float)
    every = sizes.prod(axis=0)
    out = out.assign(
        reason=out["decided_by"].mask(out["decided_by"] == "model", UNCERTAIN),
        records_changed=sizes.min(axis=0).astype(np.int64),
        mean=(out["sum"] + NOT_KEPT * (every - out["count"])) / every,
        largest=out["max"], fewer=np.log2(sizes.min(axis=0)), more=np.log2(sizes.max(axis=0)), half=None,
    )  # fmt: skip
    out = out.assign(rivals=rivals(ends[0], ends[1], out["mean"].to_numpy(dtype=float)))
    out = out.join(listings(out, records, membership))
    out = out.assign(match_probability=probability(APART, out))
    unsaid = out["reason"] == UNCERTAIN
    return out.assign(reason=out["reason"].mask(unsaid, by_another.reindex(out.index).fillna(UNCERTAIN)))


def halves(
    pairs: pd.DataFrame, records: pd.DataFrame, membership: pd.DataFrame, decisions: pd.DataFrame
) -> pd.DataFrame:
    """Return the people who may be two, parted into two halves.

    In: as `two_people`; `decisions`: two records that somebody was asked about hold together, whatever was answered.
    Out: one row a person, `COLUMNS`: the pair of records of both halves that agrees least; the probability that the
    halves are one person; the smaller half and how many records that has; and what the terms of `chances.csv` say.
    """
    levels, is_one = _levels_of(pairs), pairs["person_id_l"] == pairs["person_id_r"]
    pairs = pairs.loc[is_one, [*_OF_PAIRS, *levels]]
    if len(decisions):
        settled = of_people(decisions[_ENDS].assign(match_weight=LIMIT), membership)
        settled = settled[settled["person_id_l"] == settled["person_id_r"]]
        pairs = pd.concat([settled, pairs]).drop_duplicates(_ENDS)
    number, every_one = pd.factorize(pairs["person_id_l"])
    known = pairs["match_weight"].groupby(number).agg(["count", "min"])
    every = _sizes(membership, every_one)
    weak = (known["min"] < WEAK) | (known["count"] < every * (every - 1) // 2)
    pairs = pairs[weak.to_numpy()[number]]
    pairs = pairs.sort_values("person_id_l", kind="stable")  # a frame for each person costs more than all else
    people, begins = np.unique(pairs["person_id_l"].to_numpy(dtype=str), return_index=True)
    columns = pairs[_ENDS].to_numpy(dtype=str), pairs["match_weight"].to_numpy(dtype=float)
    of_each = zip(*(np.split(column, begins[1:]) for column in columns), strict=True)
    rows = [_parted(str(person), *links_of) for person, links_of in zip(people, of_each, strict=False)]
    out = pd.DataFrame(rows, columns=[*COLUMNS, "mean", "fewer", "more"])
    out = out.merge(pairs[[*_ENDS, *levels]], how="left", on=_ENDS)
    out = out.join(listings(out, records, membership))
    return out.assign(match_probability=probability(HALVES, out))


def probability(question: str, terms: pd.DataFrame) -> Floats:
    """Return how probable it is that both people, or both halves, are one; `terms`: `reason` and the columns that
    `chances.csv` names for the question."""
    weights = _table()[question]
    odds = weights["start"] + terms["reason"].map(weights).fillna(0.0).to_numpy(dtype=float)
    known = known_terms(terms)
    for term in (term for term in weights if term in known):  # in one order: sums of floats depend on it
        odds = odds + weights[term] * known[term]
    return np.asarray(1 / (1 + np.exp2(-odds)))


def known_terms(terms: pd.DataFrame) -> dict[str, Floats]:
    """Return the value of each term but start and reasons for each question; `terms`: as in `probability`."""
    plain = ("mean", "largest", "fewer", "more", "rivals", *LISTINGS)
    known = {term: terms[term].to_numpy(dtype=float) for term in plain if term in terms}
    levels = ((term, gamma, level) for term, (gamma, level) in LEVEL_TERMS.items() if gamma in terms)
    return known | {term: (terms[gamma] == level).to_numpy(dtype=float) for term, gamma, level in levels}


def _levels_of(pairs: pd.DataFrame) -> list[str]:
    """The levels of comparisons that count and are known."""
    return [gamma for gamma in GAMMAS if gamma in pairs]


def _sizes(membership: pd.DataFrame, people: pd.Index) -> npt.NDArray[np.int64]:
    """Return how many records each of some people has; every one has some."""
    at = positions(membership["person_id"], people)
    return np.bincount(at[at >= 0], minlength=len(people))


def _parted(person: str, pairs: npt.NDArray[np.str_], match_weight: Floats) -> tuple[object, ...]:
    """Part the records of a person where they hang together least: by average linkage over the weights of pairs.

    `pairs`: two ids of records each, linked with a `match_weight` each.
    """
    from scipy.cluster.hierarchy import average
    from scipy.spatial.distance import squareform

    records, ends = np.unique(pairs, return_inverse=True)
    left, right = ends.reshape(-1, 2).T
    weights = np.full((len(records), len(records)), NOT_KEPT)
    weights[left, right] = weights[right, left] = np.clip(match_weight, -LIMIT, LIMIT)
    far = LIMIT - weights
    np.fill_diagonal(far, 0)
    half = cut_in_two(average(squareform(far, checks=False))) if len(records) > 2 else np.arange(2)
    between = weights[np.ix_(half == 0, half == 1)]
    least = np.unravel_index(between.argmin(), between.shape)
    ends_of = sorted((records[half == 0][least[0]], records[half == 1][least[1]]))
    smaller = records[half == int(between.shape[0] > between.shape[1])]
    mean, fewer, more = np.clip(between.mean(), 0, LIMIT), np.log2(len(smaller)), np.log2(len(records) - len(smaller))
    return (*ends_of, person, person, UNCERTAIN, float(between.min()), np.nan, len(smaller), list(smaller),
            mean, fewer, more)  # fmt: skip


def cut_in_two(tree: Floats) -> npt.NDArray[np.int64]:
    """For each leaf of a tree of `scipy.cluster.hierarchy`, of three or more, in which half it is, 0 that of the first
    leaf: as `cut_tree`, which asks for the leaves below every node."""
    from scipy.cluster.hierarchy import cut_tree

    if tree[-2, 2] == tree[-1, 2]:  # which of the two nodes is the last one, only it knows
        return np.asarray(cut_tree(tree, [2])[:, 0])
    leaves = len(tree) + 1
    below = [{leaf} for leaf in range(leaves)]
    for one, other, *_ in tree[:-1]:
        below.append(below[int(one)] | below[int(other)])
    ends = (below[int(tree[-1, at])] for at in (0, 1))
    second = next(list(end) for end in ends if 0 not in end)
    half = np.zeros(leaves, np.int64)
    half[second] = 1
    return half


@cache
def _table() -> dict[str, dict[str, float]]:
    table = pd.read_csv(TABLE)
    return {
        str(question): dict(zip(rows["term"], rows["weight"], strict=True))
        for question, rows in table.groupby("question")
    }
