"""To which household of the place somebody without card belongs: rivals, what is learned, and who teaches it."""

from __future__ import annotations

from random import Random

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.households.linkage.cardless.belonging import (
    PULL,
    USUAL,
    Candidates,
    fitted,
    learned_weights,
    listed_once,
    odds_of_belonging,
)
from assets.households.linkage.cardless.estimate import HouseholdModel, of_lists, of_traits
from assets.households.linkage.cardless.evidence import AGES, BINS, Dwellings, Evidence, Kin, PlacePairs, Roles
from assets.households.linkage.cardless.places import PlaceKey
from assets.households.linkage.matching import Clusters, cluster_records
from assets.households.linkage.model.parameters import Model
from tests.unit.households.test_households_without_cards import NAMES

STATES = np.dtype([("kk", np.uint64)])


def even(size: int) -> tuple[np.ndarray, np.ndarray]:
    return np.linspace(0.5, 0.9, size), np.full(size, 0.6)


MODEL = HouseholdModel(np.full((len(PlaceKey), len(BINS) + 1), 0.3), even(AGES), even(len(Kin)), even(len(Roles)), 0.7)


def invented(seed: int) -> tuple[PlacePairs, Evidence, np.ndarray, np.ndarray]:
    """Invent pairs of a dwelling of a known household and one of nobody's, what they show, homes, and who is known."""
    chance = Random(seed)
    home = np.array([chance.randrange(5) for _ in range(9)] + list(range(5, 9)))
    known = np.arange(13) < 9
    both = [(a, b) for a in range(9) for b in range(9, 13) if chance.random() < 0.6] or [(0, 9)]
    swapped = [pair if chance.random() < 0.5 else pair[::-1] for pair in both]

    def drawn(most: int) -> np.ndarray:
        return np.array([chance.randrange(most) for _ in both])

    left, right = np.array(swapped).T
    fewer = drawn(3) + 1
    seen = Evidence(
        drawn(AGES), drawn(len(Kin)), drawn(len(Roles)), np.minimum(drawn(3), fewer), fewer, -drawn(4).astype(float),
        drawn(2) == 1,
    )  # fmt: skip
    return PlacePairs(left, right, drawn(len(PlaceKey)), drawn(9) + 2), seen, home, known


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_the_odds_are_those_of_a_plain_program_and_households_share_one_certainty(seed: int) -> None:
    pairs, seen, home, known = invented(seed)
    got = odds_of_belonging(pairs, seen, home, known, MODEL, USUAL)
    lists, traits = of_lists(pairs, seen, MODEL), of_traits(seen, MODEL)
    of: dict[int, dict[int, list[int]]] = {}
    ends = []
    for k, (a, b) in enumerate(zip(pairs.left, pairs.right, strict=True)):
        who, other = (b, a) if known[a] else (a, b)
        of.setdefault(who, {}).setdefault(home[other], []).append(k)
        ends.append((who, home[other]))
    said = {
        (who, house): 2.0 ** (
            USUAL[min(pairs.place[k] for k in those)]
            + USUAL[-2] * max(lists[k] for k in those)
            + USUAL[-1] * sum(traits[k] for k in those) / len(those)
        )
        for who, houses in of.items()
        for house, those in houses.items()
    }  # fmt: skip
    chance = {end: said[end] / (1 + sum(v for (who, _), v in said.items() if who == end[0])) for end in said}
    np.testing.assert_allclose(got, [np.log2(chance[end] / (1 - chance[end])) for end in ends], atol=1e-9)
    for who in of:
        assert sum(value for (asked, _), value in chance.items() if asked == who) < 1


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_rivals_take_from_the_odds_of_a_household(seed: int) -> None:
    pairs, seen, home, known = invented(seed)
    of = home[np.where(known[pairs.left], pairs.left, pairs.right)]
    first = of == of[0]
    alone = odds_of_belonging(pairs.chosen(first), seen.chosen(first), home, known, MODEL, USUAL)
    assert (odds_of_belonging(pairs, seen, home, known, MODEL, USUAL)[first] <= alone + 1e-9).all()


def choices(generator: np.random.Generator, people: int, true: np.ndarray) -> tuple[Candidates, np.ndarray]:
    """Let each of some people be of one of three households, or of none, as probable as some weights make it."""
    person = np.repeat(np.arange(people), 3)
    place = generator.integers(0, len(PlaceKey), len(person))
    counts = np.column_stack([*(place == k for k in PlaceKey), generator.normal(0, 1.5, (len(person), 2))]).astype(
        float
    )
    weight = 2.0 ** (counts @ true).reshape(people, 3)
    shares = np.column_stack([weight, np.ones(people)]) / (1 + weight.sum(axis=1))[:, None]
    chosen = (generator.random(people)[:, None] > shares.cumsum(axis=1)).sum(axis=1)
    return Candidates(person, counts, np.arange(len(person))), (np.arange(3) == chosen[:, None]).ravel().astype(float)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_no_other_weights_make_what_is_so_more_probable(seed: int) -> None:
    generator = np.random.default_rng(seed)
    found, right = choices(generator, int(generator.integers(1, 60)), USUAL + generator.normal(0, 1, len(USUAL)))

    def log_probability(weights: np.ndarray) -> float:
        out = -PULL / 2 * sum((w - u) ** 2 for w, u in zip(weights, USUAL, strict=True))
        for person in range(found.person.max() + 1):
            said = [2.0 ** sum(found.counts[k] * weights) for k in range(3 * person, 3 * person + 3)]
            mine = [value for value, is_so in zip(said, right[3 * person : 3 * person + 3], strict=True) if is_so]
            out += np.log((mine[0] if mine else 1.0) / (1 + sum(said)))
        return float(out)

    learned = fitted(found, right)
    best = log_probability(learned)
    assert all(
        log_probability(learned + generator.normal(0, size, len(USUAL))) <= best + 1e-6
        for size in (0.01, 0.1, 1.0)
        for _ in range(10)
    )


def test_of_many_people_the_true_weights_are_learned() -> None:
    true = np.array([2.0, 0.0, -3.0, -1.0, 0.0, 1.5, 0.5])
    learned = fitted(*choices(np.random.default_rng(1), 20_000, true))
    assert np.abs(learned - true).max() < 0.25


def test_from_nobody_nothing_is_learned() -> None:
    pairs, _, home, known = invented(1)
    none = np.zeros(len(home), bool)
    assert learned_weights(pairs, Dwellings(*[home] * 13), home, known, none, MODEL) is USUAL


def test_who_is_listed_once_with_a_card_teaches_unless_only_he_makes_his_household_known() -> None:
    #           a family; its third is listed twice | with a card, alone | its only card | no card
    dwelling = np.array([0, 1, 2, 2, 3, 4, 5, 6])
    person = np.array([0, 1, 2, 3, 4, 5, 6])
    home = np.array([0, 0, 0, 1, 2, 2, 3])
    rows = np.array([7, 7, 7, 7, 8, 9, 0, 0], np.uint64).astype(STATES)
    got = listed_once(dwelling, person, home, rows, rows["kk"] > 0)
    assert np.flatnonzero(got).tolist() == [0, 1, 3]


def hamlet(seed: int) -> pd.DataFrame:
    """List a village of four families an RT, some members each time, without heads; one row of five lacks its card."""
    chance, rows = Random(seed), []
    lists = [(source, str(year)) for year in range(2020, 2025) for source in ("DESA", "PUSAT")]
    for family in range(160):
        rt, card = f"{family // 4 + 1:03d}", f"16100501010{family:05d}"
        born = chance.randint(1960, 1985)
        members = [
            (" ".join(chance.sample(NAMES, 3)), f"{year}-{chance.randint(1, 12):02d}-{chance.randint(2, 28):02d}")
            for year in (born, born + 3, born + 25, born + 28, born + 31)
        ]
        for source, year in chance.sample(lists, 2):
            for name, date in members:
                if chance.random() < 0.55:
                    rows.append((name, date, None if chance.random() < 0.2 else card, rt, source, year, family))
    frame = pd.DataFrame(rows, columns=["nama", "tanggal_lahir", "no_kk", "rt", "sumber", "periode", "family"])
    ids = [f"r{k:04d}" for k in range(len(frame))]
    return frame.assign(record_id=ids, kode_desa="16.10.05.2036", dusun="SATU", rw="002")


def matched(records: pd.DataFrame) -> Clusters:
    return cluster_records(records.drop(columns="family"), model=Model.default())


def test_who_is_listed_without_card_beside_one_family_of_the_rt_is_of_it() -> None:
    right = joined = alone = 0
    for seed in range(3):
        records = hamlet(seed)
        found = matched(records)
        records = records.assign(home=found.household, person=found.person)
        carded = records[records["no_kk"].notna()].groupby("home")["family"].first()
        without = records.groupby("person").filter(lambda who: who["no_kk"].isna().all())
        mine = without["home"].map(carded)
        joined += mine.notna().sum()
        right += (mine == without["family"]).sum()
        alone += mine.isna().sum()
    assert joined > 0.3 * (joined + alone) and right > 0.85 * joined


def test_what_is_possible_is_as_probable_as_it_is_said_to_be() -> None:
    said, so = [], []
    for seed in range(4):
        records = hamlet(seed)
        found = matched(records)
        family = records.set_index("record_id")["family"]
        said += found.possible["probability"].tolist()
        so += [family[a] == family[b] for a, b in found.possible[["record_id_l", "record_id_r"]].to_numpy()]
    assert len(said) > 100 and abs(np.mean(said) - np.mean(so)) < 0.1
