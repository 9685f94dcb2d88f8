"""What the second weighing of what is left apart comes to: `python -m bench.second_weighing [CORPUS …]`.

Corpora of `bench.hard` are matched by a model trained on themselves, without the second weighing and with it. Shown are
wrong and missed merges of persons, pairs of twins merged, and how many of the links that it joined are of one person.

    python -m bench.second_weighing --fit    # how much is said by what (`linkage/second_weighing.csv`)
"""

from __future__ import annotations

import argparse
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.households.linkage import clustering
from assets.households.linkage.clustering import (
    LeftApart,
    left_apart,
    merge_groups,
    separated_by,
    single_records,
    with_rivals,
)
from assets.households.linkage.constraints import REASONS, Outcome
from assets.households.linkage.matching import Clusters, cluster_records
from assets.households.linkage.second_weighing import NUMBERS, SHOWN, TABLE, Counts, shipped, term
from assets.households.linkage.weighing import packed_weights
from bench.hard import ASIDE, CORPORA, made, merges, twins_merged
from bench.log_odds import fitted_bits

FIT = (7101, 7102, 7103, 7104)
"""Seeds that the shipped table is fitted to, of all corpora."""
NEVER = Counts(-1e6, np.zeros(len(NUMBERS)), np.zeros_like(shipped().levels))
"""Nothing is joined by these."""


def without(rows: pd.DataFrame) -> Clusters:
    """Match records without a second weighing."""
    with patch.object(clustering, "shipped", lambda: NEVER):
        return cluster_records(rows)


def compared(name: str, records: int, seed: int) -> list[int]:
    """Return wrong, missed and merged twins without the second weighing, the same with it, and the links that it joined
    and how many are of one person."""
    rows, truth = made(CORPORA[name], records, seed, aside=True)
    before = without(rows)
    after, person = cluster_records(rows, model=before.model), truth.set_index("record_id")["person_id"]
    out: list[int] = []
    for found in (before, after):
        merged, pairs = twins_merged(truth, found.person), truth.loc[truth["birth"] > 0].groupby("birth")["person_id"]
        twins = (pairs.nunique() * (pairs.nunique() - 1) // 2).sum()
        out += [*merges(truth["person_id"], found.person), round(merged * twins)]
    joined = after.links[after.links["decided_by"] == REASONS[Outcome.JOINED_AT_LAST]]
    left, right = (person.loc[joined[f"record_id_{side}"]].to_numpy() for side in "lr")
    return [*out, len(joined), int((left == right).sum())]


def seen(name: str, records: int, seed: int) -> tuple[LeftApart, npt.NDArray[np.bool_]]:
    """Match a corpus and return what is left apart, and whether each two groups are mostly one person."""
    rows, truth = made(CORPORA[name], records, seed, aside=True)
    found = without(rows)
    person = np.unique(truth["person_id"].to_numpy()[found._order], return_inverse=True)[1]
    apart, label = _left_apart(found), found.person[found._order]
    most = pd.Series(person).groupby(label).agg(lambda true: true.mode().iloc[0])
    return apart, most.loc[apart.one].to_numpy() == most.loc[apart.other].to_numpy()


def _left_apart(found: Clusters) -> LeftApart:
    """Look at what a match left apart, as the second weighing does."""
    if found._traces is None:
        raise ValueError("only a match of all records can be looked at")
    weights, pairs = packed_weights(found.model.weights(found._traces.scale)), found._pairs
    forest, label = single_records(len(found.person)), found.person[found._order]
    for record in np.flatnonzero(label != np.arange(len(label))):
        merge_groups(forest, int(label[record]), int(record))
    separated = separated_by(len(label), found._decided)
    links = np.flatnonzero(pairs.weight > weights.needed)
    return with_rivals(left_apart(links, pairs.left, pairs.right, forest, separated, found._records, weights))


def fitted(apart: LeftApart, right: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Fit what each term counts, in bits, so that what is stated is most likely."""
    columns = {"start": np.ones(len(right)), **dict(zip(NUMBERS, apart.numbers.T, strict=True))}
    for at, (comparison, names) in enumerate(SHOWN.items()):
        for level, name in enumerate(names[1:], 1):
            columns[term(comparison, name)] = (apart.levels[:, at] == level).astype(float)
    bits = fitted_bits(columns, right)
    return pd.DataFrame({"term": [*bits], "bits": [*bits.values()]})


def _together(every: list[tuple[LeftApart, npt.NDArray[np.bool_]]]) -> tuple[LeftApart, npt.NDArray[np.bool_]]:
    """Put together what was seen of several corpora, as far as it may be joined."""
    apart = LeftApart(*(np.concatenate(column) for column in zip(*(each for each, _ in every), strict=True)))
    free = apart.free
    return LeftApart(*(column[free] for column in apart)), np.concatenate([right for _, right in every])[free]


def main() -> None:
    """Fit what is shipped, or print what it comes to, corpus by corpus and in all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="*", metavar="CORPUS", help=", ".join(CORPORA))
    parser.add_argument("--records", type=int, default=40_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=ASIDE)
    parser.add_argument("--fit", action="store_true", help="write the table that is shipped")
    options = parser.parse_args()
    if options.fit:
        every = [seen(name, options.records, seed) for name in CORPORA for seed in FIT]
        fitted(*_together(every)).to_csv(TABLE, index=False)
        return
    print("| corpus | wrong + missed | with it | twins merged | with it | links joined | of one person |")
    print("| --- | --: | --: | --: | --: | --: | --: |")
    every = {
        name: sum(np.array(compared(name, options.records, seed)) for seed in options.seeds)
        for name in options.corpora or CORPORA
    }
    for name, counts in (every | {"all": sum(every.values())}).items():
        wrong, missed, twins, wrong_then, missed_then, twins_then, joined, right = counts
        shown = f"{wrong} + {missed} | {wrong_then} + {missed_then} | {twins} | {twins_then} | {joined} | {right}"
        print(f"| {name} | {shown} |")


if __name__ == "__main__":
    main()
