"""A hundred refreshes of one population: no id ever names two people, unless a match once took them for one."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pandas as pd

from assets.households.identity.assign import IdentityState, assign_ids

REFRESHES, RECORDS, PEOPLE = 100, 36, 9
START = datetime(2026, 1, 1)
PERSON_OF = {f"r{(n * 17) % RECORDS:02d}": n % PEOPLE for n in range(RECORDS)}
HOUSE_OF = {record: person // 3 for record, person in PERSON_OF.items()}
WRONG = {"person_id": 0.0, "household_id": 0.1}
"""How often a match takes two for one: persons never, so that each id must be one person's for ever; homes at times."""


def found(records: list[str], truth: dict[str, int], chance: Random, wrong: float) -> dict[str, int]:
    """What a match finds: some of those who are one stand apart, and two are taken for one as often as `wrong`."""
    shattered = {each for each in set(truth.values()) if chance.random() < 0.15}
    joined = {each: each for each in set(truth.values())}
    if chance.random() < wrong:
        one, other = chance.sample(sorted(joined), 2)
        joined[other] = one
    return {r: 10 * joined[truth[r]] + chance.randrange(3) * (truth[r] in shattered) for r in records}


def history(chance: Random) -> list[tuple[pd.DataFrame, dict[str, dict[str, int]]]]:
    """The ids of each refresh, and what the match found; records come, go and come back, a few or many at a time."""
    state, present, out = IdentityState.empty(), set(PERSON_OF), []
    for number in range(REFRESHES):
        share = chance.choice((0.02, 0.1, 0.6))
        present ^= {record for record in PERSON_OF if chance.random() < share}
        records = sorted(present)
        labels = {"person_id": found(records, PERSON_OF, chance, WRONG["person_id"])}
        labels["household_id"] = found(records, HOUSE_OF, chance, WRONG["household_id"])
        columns = [pd.Series([label[r] for r in records], dtype="int64") for label in labels.values()]
        made = assign_ids(
            pd.Series(records, dtype="str"), *columns, state, run_id=str(number), at=START + timedelta(days=number)
        )
        state = made.state
        out.append((made.membership.set_index("record_id"), labels))
    return out


def confused(labels: dict[str, int], truth: dict[str, int], known: dict[int, int]) -> dict[int, int]:
    """`known` (a group for each person or house that was ever taken for another), and what this match adds to it."""
    groups = dict(known)
    for label in set(labels.values()):
        together = {groups[truth[r]] for r, other in labels.items() if other == label}
        groups = {each: min(together) if group in together else group for each, group in groups.items()}
    return groups


def test_no_id_passes_to_somebody_who_was_never_taken_for_its_bearer():
    refreshes = history(Random(7))
    for column, truth in (("person_id", PERSON_OF), ("household_id", HOUSE_OF)):
        groups = {each: each for each in set(truth.values())}
        bearers: dict[str, set[int]] = {}
        for membership, labels in refreshes:
            groups = confused(labels[column], truth, groups)
            for record, name in membership[column].items():
                bearers.setdefault(name, set()).add(truth[record])
            assert all(len({groups[each] for each in bearer}) == 1 for bearer in bearers.values())
            ids = membership[column].groupby(pd.Series(labels[column])).nunique()
            assert (ids == 1).all() and membership[column].nunique() == len(set(labels[column].values()))
        assert WRONG[column] or all(len(bearer) == 1 for bearer in bearers.values())
