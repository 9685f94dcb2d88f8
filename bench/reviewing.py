"""What the review queue brings: `python -m bench.reviewing [--records N] [--seeds A B …] [CORPUS …]`.

Corpora of `bench.hard` are matched by a model trained on themselves, and the first questions of the queue are answered
by reviewers who are right in 19 cases of 20. What is left of the wrong and missed merges of persons is counted after
so many answers; of those of households with `--households`, after so many questions about groups of households.

    python -m bench.reviewing --reach    # what the best choice of these questions would mend, the truth known
    python -m bench.reviewing --fit      # how much is said by what is known of two people (`review/chances.csv`)
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import DisjointSet

from assets.households.linkage.matching import Clusters, cluster_records
from assets.households.review.candidates import (
    APART,
    HALVES,
    TABLE,
    UNCERTAIN,
    halves,
    known_terms,
    of_people,
    two_people,
)
from assets.households.review.groups import household_questions
from assets.households.review.queue import RIGHT, review_queue
from assets.households.stages.match import possible_households
from bench.hard import CORPORA, made, merges
from bench.log_odds import fitted_bits

SEEDS = (901, 902)
FIT = (7101, 7102)
"""Seeds that the shipped chances are fitted to, of all corpora."""
ASKED = (0, 25, 50, 100, 200)
SHOWN = (
    "cards",
    "no card, head, role",
    "no nik",
    "no nik, card, head, role",
    "twins, namesakes",
    "years of birth only",
)
WITHOUT_CARDS = ("no card, head, role", "no nik, card, head, role", "the same, streets", "twins, namesakes, no card")
"""Corpora that are shown where households are asked about: with cards, or heads, nothing is."""
NOTHING_SAID = pd.DataFrame(columns=["record_id_l", "record_id_r", "decision"], dtype="str")
NOTHING_REFERRED = pd.DataFrame(columns=["subject", "household_id", "kode_pmks"], dtype="str")


def membership_of(rows: pd.DataFrame, found: Clusters) -> pd.DataFrame:
    """Return the person and household of each record, as texts."""
    return pd.DataFrame(
        {"record_id": rows["record_id"], "person_id": found.person, "household_id": found.household}
    ).astype("str")


def answered(queue: pd.DataFrame, person: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    """Answer questions as reviewers do who are right `RIGHT` of the time; `person`: the true one of each record."""
    same = person.loc[queue["record_id_l"]].to_numpy() == person.loc[queue["record_id_r"]].to_numpy()
    said = np.where(rng.random(len(queue)) < RIGHT, same, ~same)
    return queue[["record_id_l", "record_id_r"]].assign(decision=np.where(said, "same", "different"))


def curve(name: str, records: int, seed: int, *, paying: bool = False) -> Iterator[tuple[int, int]]:
    """Yield for each of `ASKED` how many merges of persons are wrong, and how many missed, after so many answers;
    `paying`: only to questions of which an answer is expected to mend more than it spoils."""
    rows, truth = made(CORPORA[name], records, seed, aside=True)
    person, rng = truth.set_index("record_id")["person_id"], np.random.default_rng(seed)
    found = cluster_records(rows)
    queue = review_queue(found.links, rows, membership_of(rows, found), cost=found.model.wrong_merge_cost)
    asked = queue[queue["expected_change"] > 0] if paying else queue
    answers = answered(asked.head(max(ASKED)), person, rng)
    for count in ASKED:
        again = cluster_records(rows, model=found.model, decisions=answers.head(count))
        yield merges(truth["person_id"], again.person)


def answered_homes(questions: pd.DataFrame, home: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    """Answer questions about households: each is given the letter of its family `RIGHT` of the time, else another.

    `home`: the true household of each record. Out: `rank` of the question, and a decision for each two households.
    """
    out = []
    for rank, asked in questions.groupby("rank"):
        records, true = asked["record_id"].tolist(), home.loc[asked["record_id"]].tolist()
        said = list(true)
        for at in np.flatnonzero(rng.random(len(said)) >= RIGHT):
            others = [*dict.fromkeys(family for family in true if family != true[at]), -1 - at]  # at last, his own
            said[at] = others[rng.integers(len(others))]
        for (a, one), (b, other) in combinations(zip(records, said, strict=True), 2):
            out.append((rank, a, b, "same" if one == other else "different"))
    return pd.DataFrame(out, columns=["rank", "record_id_l", "record_id_r", "decision"])


def questions_of_homes(rows: pd.DataFrame, found: Clusters) -> pd.DataFrame:
    """Return all questions about the households of a match, as `household_questions`."""
    membership = membership_of(rows, found)
    possible = possible_households(found.possible, rows, membership)
    return household_questions(possible, membership, NOTHING_REFERRED, NOTHING_SAID)


def reach(name: str, records: int, seed: int) -> list[int]:
    """Return how many merges of persons are wrong and missed, and how many of them answers that are all right mend: to
    as many questions as `ASKED` at most, those asked first and those that mend most; and to all."""
    rows, truth = made(CORPORA[name], records, seed, aside=True)
    found, person = cluster_records(rows), truth.set_index("record_id")["person_id"]
    queue = review_queue(found.links, rows, membership_of(rows, found), cost=found.model.wrong_merge_cost)
    left, right = (person.loc[queue[f"record_id_{side}"]].to_numpy() for side in "lr")
    together, one = queue["person_id_l"] == queue["person_id_r"], pd.Series(left == right, queue.index)
    part = DisjointSet({*queue["person_id_l"], *queue["person_id_r"]})
    people = zip(queue["person_id_l"], queue["person_id_r"], together, one, strict=True)
    settled = pd.Series([not same if now else same and part.merge(a, b) for a, b, now, same in people], dtype=int)
    first, every = settled.head(max(ASKED)).sum(), settled.sum()
    return [*merges(truth["person_id"], found.person), first, min(every, max(ASKED)), every]


def reach_of_homes(name: str, records: int, seed: int) -> list[int]:
    """As `reach`, of households."""
    rows, truth = made(CORPORA[name], records, seed, aside=True)
    found = cluster_records(rows)
    questions = questions_of_homes(rows, found)
    true = questions["record_id"].map(truth.set_index("record_id")["hh_id"])
    settled = true.groupby(questions["rank"]).agg(lambda homes: len(homes) - homes.nunique())
    best = settled.nlargest(max(ASKED)).sum()
    return [*merges(truth["hh_id"], found.household), settled.head(max(ASKED)).sum(), best, settled.sum()]


def curve_of_homes(name: str, records: int, seed: int) -> Iterator[tuple[int, int]]:
    """Yield for each of `ASKED` how many merges of households are wrong, and how many missed, after so many questions
    about households."""
    rows, truth = made(CORPORA[name], records, seed, aside=True)
    found = cluster_records(rows)
    questions = questions_of_homes(rows, found)
    home = truth.set_index("record_id")["hh_id"]
    answers = answered_homes(questions[questions["rank"] <= max(ASKED)], home, np.random.default_rng(seed))
    for count in ASKED:
        again = cluster_records(rows, model=found.model, household_decisions=answers[answers["rank"] <= count])
        yield merges(truth["hh_id"], again.household)


def seen(name: str, records: int, seed: int) -> dict[str, pd.DataFrame]:
    """Return the terms of both kinds of questions about a corpus, and whether both are one person (`right`)."""
    rows, truth = made(CORPORA[name], records, seed, aside=True)
    found, person = cluster_records(rows), truth.set_index("record_id")["person_id"]
    membership = membership_of(rows, found)
    pairs = of_people(found.links, membership)
    asked = {
        APART: two_people(pairs, rows, membership),
        HALVES: halves(pairs, rows, membership, NOTHING_SAID),
    }
    for of in asked.values():
        ends = (person.loc[of[f"record_id_{side}"]].to_numpy() for side in "lr")
        of["right"] = next(ends) == next(ends)
    return asked


def fitted(question: str, pairs: pd.DataFrame) -> pd.DataFrame:
    """Fit the weights of the terms, in bits, so that what is stated is most likely."""
    columns = {"start": np.ones(len(pairs)), **known_terms(pairs)}
    columns |= {reason: pairs["reason"] == reason for reason in sorted(set(pairs["reason"]) - {UNCERTAIN})}
    weights = fitted_bits(columns, pairs["right"].to_numpy())
    return pd.DataFrame({"question": question, "term": [*weights], "weight": [*weights.values()]})


def main() -> None:
    """Fit what is shipped, or print what is wrong and missed after so many answers, corpus by corpus."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="*", metavar="CORPUS", help=", ".join(CORPORA))
    parser.add_argument("--records", type=int, default=40_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--fit", action="store_true", help="write the chances that are shipped")
    parser.add_argument("--households", action="store_true", help="ask about households instead of persons")
    parser.add_argument("--paying", action="store_true", help="leave out questions of which no answer pays")
    parser.add_argument("--reach", action="store_true", help="what the questions could mend at most")
    options = parser.parse_args()
    if options.fit:
        every = [seen(name, options.records, seed) for name in CORPORA for seed in FIT]
        tables = [fitted(question, pd.concat([each[question] for each in every])) for question in (APART, HALVES)]
        pd.concat(tables).to_csv(TABLE, index=False)
        return
    shown, left_after, best_of = (
        (WITHOUT_CARDS, curve_of_homes, reach_of_homes) if options.households else (SHOWN, curve, reach)
    )
    if options.reach:
        for name in options.corpora or shown:
            wrong, missed, first, best, every = sum(np.array(best_of(name, options.records, s)) for s in options.seeds)
            print(f"| {name} | {wrong} + {missed} | {first} | {best} | {every} |", flush=True)
        return
    if options.paying and not options.households:
        left_after = partial(curve, paying=True)
    print(f"| corpus | {' | '.join(map(str, ASKED))} |\n| --- | {' | '.join('--:' for _ in ASKED)} |")
    for name in options.corpora or shown:
        left = sum(np.array(list(left_after(name, options.records, seed))) for seed in options.seeds)
        print(f"| {name} | {' | '.join(f'{wrong} + {missed}' for wrong, missed in left)} |", flush=True)


if __name__ == "__main__":
    main()
