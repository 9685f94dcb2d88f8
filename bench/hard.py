"""Where the evidence is thin: `python -m bench.hard [--records N] [--aside] [CORPUS …]`.

Invented people, in lists that lack what matching lives on: no card, no head, no NIK, the year of birth only, a street
for an address; and people who are hard to tell apart: twins with names alike, neighbours of one name, homes of people
who are no family, a NIK typed from the row above. Each corpus is matched by a model trained on itself.

What is tried out is tried on the seeds `TRIED`; what is claimed is measured once on the seeds of `--aside`, whose rates
differ as well. Besides the usual scores each corpus shows how many pairs of twins became one person, how many records
stand apart from the rest of their person, how many records joined a stranger of whom they were given one field, and how
many pairs of records of different people, of all that share one field as they are, became one person.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.households.linkage.matching import cluster_records
from bench.population import Rates, generate, varied

TRIED, ASIDE = (101,), (901, 902)
COSTS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
CONFUSED = 0.01
"""Share of records that get one field of a stranger, for each of `CONFUSABLE`."""
CONFUSABLE = ("nik", "nik_digit", "no_kk", "nama", "tanggal_lahir")
SHARED = ("nik", "nama", "tanggal_lahir")
"""The fields of which different people have one in common in `confusable`."""
HOME = ("no_kk", "kepala_keluarga", "hubungan")
PLACE = ("alamat", "dusun", "rt", "rw")
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Corpus:
    """What a corpus lacks, and which rates (`population.Rates`) are not the usual ones."""

    without: tuple[str, ...] = ()
    rates: dict[str, float] = field(default_factory=dict)


HARD = {"twins": 0.04, "triplets": 0.1, "alike_twins": 0.6, "namesakes": 0.03}
CORPORA = {
    "cards": Corpus(),
    "no card": Corpus(("no_kk",)),
    "no card, head, role": Corpus(HOME),
    "the same, no address": Corpus((*HOME, "alamat")),
    "the same, no place": Corpus((*HOME, *PLACE)),
    "the same, streets": Corpus(HOME, {"streets": 0.5}),
    "no nik": Corpus(("nik",)),
    "no nik, no card": Corpus(("nik", "no_kk")),
    "no nik, card, head, role": Corpus(("nik", *HOME)),
    "years of birth only": Corpus((), {"year_only": 0.8}),
    "twins, namesakes": Corpus((), HARD),
    "twins, namesakes, no card": Corpus(HOME, HARD),
    "institutions": Corpus((), {"institutions": 0.002}),
    "institutions, no card": Corpus(HOME, {"institutions": 0.002}),
    "nik from above": Corpus((), {"nik_from_above": 0.02}),
    "nik given twice": Corpus((), {"nik_given_twice": 0.01}),
    "names cut, no nik": Corpus(("nik",), {"name_cut": 0.5, "single_names": 0.05}),
    "named after fathers, no nik": Corpus(("nik",), {"patronyms": 0.6, "single_names": 0.6}),
    "named after fathers, no nik, card, head, role": Corpus(("nik", *HOME), {"patronyms": 0.6, "single_names": 0.6}),
    "migrants": Corpus((), {"moves": 0.3, "splits": 0.45}),
}


def made(corpus: Corpus, records: int, seed: int, *, aside: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the records of a corpus and their truth (as `population.generate`)."""
    rates = replace(varied(seed) if aside else Rates(), **corpus.rates)
    rows, truth = generate(records, seed, rates)
    return rows.drop(columns=[c for c in corpus.without if c in rows.columns]), truth


def confused(records: pd.DataFrame, truth: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, dict[str, Labels]]:
    """Give some records one field of a stranger; return the records, and by kind rows and strangers' rows (2 × n).

    No record is chosen twice, neither as the one nor as the other. `nik_digit`: the stranger's NIK but for a digit.
    """
    out, chosen = records.copy(), np.random.default_rng(seed).permutation(len(records))
    count, pairs = int(len(records) * CONFUSED), {}
    for kind in CONFUSABLE:
        column = "nik" if kind == "nik_digit" else kind
        if column not in records.columns:
            continue
        ends, chosen = chosen[: 2 * count].reshape(2, count), chosen[2 * count :]
        stated = records[column].notna().to_numpy()[ends].all(axis=0)
        strangers = np.logical_and(
            *(np.diff(truth[c].to_numpy()[ends], axis=0)[0] != 0 for c in ("person_id", "hh_id"))
        )
        ends = ends[:, stated & strangers]
        given = records[column].to_numpy()[ends[1]]
        if kind == "nik_digit":
            given = [n[:14] + str((int(n[14]) + 1) % 10) + n[15:] for n in given]
        out.iloc[ends[0], out.columns.get_loc(column)] = given
        pairs[kind] = ends
    return out, pairs


def confusable(records: pd.DataFrame, truth: pd.DataFrame) -> dict[str, Labels]:
    """Return all pairs of records of different people that have one of `SHARED` in common and no other, as they are:
    by kind their rows (2 × n). NIKs are in common that are the same, or but for one digit."""
    person, pairs = truth["person_id"].to_numpy(), {}
    for kind in SHARED:
        if kind in records.columns:
            texts = records[kind]
            alike = [texts] if kind != "nik" else [texts.str[:at] + "?" + texts.str[at + 1 :] for at in range(16)]
            one, other = np.unique(np.concatenate([_pairs(each) for each in alike], axis=1), axis=1)
            pairs[kind] = np.stack([one, other])[:, person[one] != person[other]]
    codes = {kind: one * len(records) + other for kind, (one, other) in pairs.items()}
    every, times = np.unique(np.concatenate(list(codes.values())), return_counts=True)
    return {kind: pairs[kind][:, np.isin(code, every[times == 1])] for kind, code in codes.items()}


def _pairs(texts: pd.Series) -> Labels:
    """Return all pairs of rows that have one text (2 × n), the smaller row first."""
    number = pd.factorize(texts)[0]
    order = np.argsort(number, kind="stable")
    order = order[number[order] >= 0]
    found, apart = [np.zeros((2, 0), np.int64)], 1
    while apart < len(order) and (same := number[order[apart:]] == number[order[:-apart]]).any():
        found.append(np.stack([order[:-apart][same], order[apart:][same]]))
        apart += 1
    return np.concatenate(found, axis=1)


@dataclass(frozen=True)
class Score:
    """Of a clustering: pairs that are right among those found, and found among the true ones; B-cubed F1."""

    precision: float
    recall: float
    bcubed: float

    @property
    def f1(self) -> float:
        """Pairwise F1 of the clusters."""
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-9)


def score(truth: pd.Series, found: Labels) -> Score:
    """Compare a clustering with the true one."""
    true, got = (np.unique(labels, return_inverse=True)[1] for labels in (truth, found))
    _, which, both = np.unique(true * (got.max() + 1) + got, return_inverse=True, return_counts=True)
    sizes, wanted = np.bincount(got), np.bincount(true)
    right, made_pairs, all_pairs = (float((n.astype(float) * (n - 1) / 2).sum()) for n in (both, sizes, wanted))
    precision, recall = (both[which] / sizes[got]).mean(), (both[which] / wanted[true]).mean()
    bcubed = 2 * precision * recall / (precision + recall)
    return Score(right / max(made_pairs, 1), right / max(all_pairs, 1), float(bcubed))


def twins_merged(truth: pd.DataFrame, person: Labels) -> float:
    """Return the share of pairs of twins of whom two records were taken for one person."""
    twins = truth.assign(found=person)[truth["birth"] > 0]
    of_one = twins.merge(twins, on="birth").query("person_id_x < person_id_y")
    merged = of_one.assign(merged=of_one["found_x"] == of_one["found_y"])
    return float(merged.groupby(["person_id_x", "person_id_y"])["merged"].any().mean()) if len(merged) else 0.0


def parted(truth: pd.DataFrame, person: Labels) -> float:
    """Return the share of records that do not stand with most of their person's."""
    together = truth.assign(found=person).groupby(["person_id", "found"]).size().groupby("person_id").max()
    return float(1 - together.sum() / len(truth))


def measure(corpus: Corpus, records: int, seed: int, *, aside: bool) -> dict[str, Any]:
    """Match a corpus and return its scores by the names of the table's columns."""
    rows, truth = made(corpus, records, seed, aside=aside)
    found = cluster_records(rows)
    persons, homes = score(truth["person_id"], found.person), score(truth["hh_id"], found.household)
    mixed_up, pairs = confused(rows, truth, seed)
    person = cluster_records(mixed_up).person
    joined = [(person[one] == person[other]) for one, other in pairs.values()]
    alike = [found.person[one] == found.person[other] for one, other in confusable(rows, truth).values()]
    return {
        "persons clF1": persons.f1, "B3": persons.bcubed, "twins merged": twins_merged(truth, found.person),
        "parted": parted(truth, found.person), "homes P": homes.precision, "homes R": homes.recall,
        "homes B3": homes.bcubed, "false merges /10k": 1e4 * float(np.concatenate(joined).mean()),
        "of pairs with one field /10k": 1e4 * float(np.concatenate(alike).mean()),
    }  # fmt: skip


def costs(corpus: Corpus, records: int, seed: int, *, aside: bool) -> pd.DataFrame:
    """Match a corpus at each of `COSTS`, and return by kind (persons, homes) and cost how many merges were `wrong` and
    how many `missed` (`merges`).

    `odds`: of what is merged at this cost, but not at the next higher one, so many merges are right for each wrong one.
    """
    rows, truth = made(corpus, records, seed, aside=aside)
    model, out = cluster_records(rows).model, []
    for cost in COSTS:
        found = cluster_records(rows, model=replace(model, wrong_merge_cost=cost))
        for kind, true, label in (("persons", "person_id", found.person), ("homes", "hh_id", found.household)):
            out.append((kind, cost, *merges(truth[true], label)))
    table = pd.DataFrame(out, columns=["kind", "cost", "wrong", "missed"]).set_index(["kind", "cost"]).sort_index()
    right, wrong = table.groupby("kind")["missed"].diff(-1).mul(-1), table.groupby("kind")["wrong"].diff(-1)
    return table.assign(odds=right / wrong)


def merges(truth: pd.Series, found: Labels) -> tuple[int, int]:
    """Count the merges that were wrong, and those that were missed: each group that was found is parted into what is
    of one true group, and these parts are put together."""
    pairs = np.stack([np.unique(truth, return_inverse=True)[1], found])
    parts = np.unique(pairs, axis=1).shape[1]
    return parts - len(np.unique(found)), parts - truth.nunique()


def main() -> None:
    """Measure each corpus and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="*", metavar="CORPUS", help=", ".join(CORPORA))
    parser.add_argument("--records", type=int, default=40_000)
    parser.add_argument("--aside", action="store_true", help="the seeds and rates that nothing was tried on")
    parser.add_argument("--seeds", type=int, nargs="+", help="other seeds")
    parser.add_argument("--costs", action="store_true", help="what becomes of each corpus as a wrong merge costs more")
    options = parser.parse_args()
    seeds = options.seeds or (ASIDE if options.aside else TRIED)
    if options.costs:
        for name in options.corpora or CORPORA:
            for seed in seeds:
                table = costs(CORPORA[name], options.records, seed, aside=options.aside)
                print(f"{name}, seed {seed}\n{table.round(2).to_string()}", flush=True)
        return
    for number, name in enumerate(options.corpora or CORPORA):
        for seed in seeds:
            got = measure(CORPORA[name], options.records, seed, aside=options.aside)
            if not number and seed == seeds[0]:
                print(f"| corpus | seed | {' | '.join(got)} |\n| --- | --: | {' | '.join('--:' for _ in got)} |")
            values = (f"{value:.{1 if '10k' in key else 4}f}" for key, value in got.items())
            print(f"| {name} | {seed} | {' | '.join(values)} |", flush=True)


if __name__ == "__main__":
    main()
