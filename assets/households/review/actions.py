"""What `pmks review` does: export open pairs, record the answers, and explain any two records."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from assets.households.linkage.model.parameters import Model
from assets.households.review.agreement import contradictions
from assets.households.review.cards import Line, fields_of, grouped
from assets.households.review.decisions import about_people, effective, read_decisions, record_decisions
from assets.households.review.doubled import pairs_of_doubled
from assets.households.review.explain import Explanation, evidence, explain, scorer
from assets.households.review.groups import household_questions
from assets.households.review.queue import texts
from assets.households.review.second import pairs_for_a_second
from assets.households.review.workbook import Households, read_review_workbook, write_review_workbook
from validation.keys import is_one_of
from warehouse.home import DataHome
from warehouse.in_force import records_in_force
from warehouse.lake import Reader


class Exported(NamedTuple):
    """How many pairs of records, and how many questions about households, were written."""

    pairs: int
    households: int


def export_review(
    home: DataHome, lake: Reader, path: Path, *, model: Model, limit: int, referrals: pd.DataFrame,
    doubled: Collection[str] = (), second: bool = False, every: bool = False,
) -> Exported:  # fmt: skip
    """Write the `limit` open pairs that change most to a workbook at `path`, and as many questions about households.

    Pairs of people of whom officers say that the lists hold two (`doubled`, their `person_id`) come first. Pairs that
    were answered since the last match are left out, and those of which no answer is expected to mend anything unless
    `every` is set. `referrals`: those that hold, by which questions about households are ordered. With `second`, what
    one reviewer decided alone is asked instead. The workbook holds personal values; none is written where nothing
    is to be asked.
    """
    records, membership, ledger = records_in_force(lake), lake.read("membership"), read_decisions(home.review)
    queue = _asked(lake, records, membership, ledger, limit=limit, doubled=doubled, second=second, every=every)
    questions = household_questions(lake.read("possible"), membership, referrals, effective(ledger))
    questions = questions[questions["rank"] <= (0 if second else limit)]
    if queue.empty and questions.empty:
        return Exported(0, 0)
    persons = lake.read("persons")
    persons = persons[persons["household_id"].isin(questions["household_id"])]
    of_homes = referrals[referrals["household_id"].isin(questions["household_id"])]
    listed = {str(home): list(codes) for home, codes in of_homes.groupby("household_id")["kode_pmks"]}
    of_households = Households(questions, persons, listed)
    words = evidence(scorer(records, model), queue)
    shown = _records_of(records, queue["record_id_l"], queue["record_id_r"], questions["record_id"])
    write_review_workbook(path, queue, shown, words, of_households)
    return Exported(len(queue), questions["rank"].nunique())


def cards(
    home: DataHome, lake: Reader, *, model: Model, limit: int, doubled: Collection[str] = (), second: bool = False,
    every: bool = False,
) -> Iterator[tuple[dict[str, str], list[Line]]]:  # fmt: skip
    """The same pairs to be asked on a terminal, those about the same people one after another: the ids of the two
    records, and what both say. Holds personal values."""
    records, membership, ledger = records_in_force(lake), lake.read("membership"), read_decisions(home.review)
    asked = _asked(lake, records, membership, ledger, limit=limit, doubled=doubled, second=second, every=every)
    by_id = _records_of(records, asked["record_id_l"], asked["record_id_r"]).set_index("record_id")
    queue = grouped(asked, by_id["nama"])
    words = dict(iter(evidence(scorer(records, model), queue).groupby(["record_id_l", "record_id_r"])))
    for left, right in queue[["record_id_l", "record_id_r"]].itertuples(index=False, name=None):
        lines = fields_of(by_id.loc[left], by_id.loc[right], words[left, right])
        yield {"record_id_l": left, "record_id_r": right}, lines


def _records_of(records: pd.DataFrame, *ids: pd.Series) -> pd.DataFrame:
    """The records of these ids: to find a few among a million by an index of all takes longer than to write them."""
    return records[is_one_of(records["record_id"], pd.concat(ids))]


def _asked(
    lake: Reader, records: pd.DataFrame, membership: pd.DataFrame, ledger: pd.DataFrame, *,
    limit: int, doubled: Collection[str], second: bool, every: bool,
) -> pd.DataFrame:  # fmt: skip
    """Return the pairs to be asked, best first; `every`: also those that no answer is expected to mend."""
    if second:
        queue = pairs_for_a_second(ledger, lake.read("links"), records, membership)
    else:
        queue = _open_pairs(lake, records, membership, effective(ledger), doubled, every)
    return queue.sort_values("rank").head(limit).reset_index(drop=True)


def _open_pairs(
    lake: Reader, records: pd.DataFrame, membership: pd.DataFrame, decisions: pd.DataFrame, doubled: Collection[str],
    every: bool,
) -> pd.DataFrame:  # fmt: skip
    """Return the pairs that wait for an answer, those of `doubled` first."""
    queue = lake.read("review_queue")
    queue = queue if every else queue[queue["expected_change"] > 0]
    if doubled:
        asked = pairs_of_doubled(doubled, lake.read("links"), records, membership)
        queue = pd.concat([asked, queue[~queue["pair_id"].isin(asked["pair_id"])].sort_values("rank")])
        queue = queue.assign(rank=range(1, len(queue) + 1))
    answered = about_people(decisions).set_index(["record_id_l", "record_id_r"]).index
    return queue[~queue.set_index(["record_id_l", "record_id_r"]).index.isin(answered)]


class Applied(NamedTuple):
    """The decisions that a workbook stands for, how many of them are new (the others stood already), and how many
    contradict another reviewer."""

    decision_ids: list[str]
    recorded: int
    disputed: int


def apply_review(home: DataHome, path: Path, *, at: datetime) -> Applied:
    """Record the answers of a workbook in the ledger; all of them, or none.

    Raises `ReviewError`. The next match obeys what was recorded. Applying the same
    workbook twice records nothing new.
    """
    answers = read_review_workbook(path)
    pairs: list[dict[str, str]] = [{str(k): str(v) for k, v in row.items()} for row in answers.to_dict("records")]
    before = set(read_decisions(home.review)["decision_id"])
    ids = record_decisions(home.review, pairs, decided_at=at)
    disputed = contradictions(read_decisions(home.review))["decision_id"].isin(ids).sum()
    return Applied(ids, len(set(ids) - before), int(disputed))


def effective_decisions(home: DataHome) -> pd.DataFrame:
    """The decisions that were not revoked, latest first, as `decisions.effective` gives them."""
    return effective(read_decisions(home.review)).sort_values("decided_at", ascending=False, ignore_index=True)


def explain_records(
    home: DataHome, lake: Reader, record_a: str, record_b: str, *, model: Model, language: str
) -> Explanation:
    """Explain any two records in force: the comparisons, and what else decided. Raises `KeyError` for others.

    `language`: `en` or `id`, for the sentence.
    """
    known = scorer(records_in_force(lake), model)
    decided = _what_else_decided(home, lake, record_a, record_b, language)
    return explain(known, record_a, record_b, decided=decided, language=language)


def _what_else_decided(home: DataHome, lake: Reader, record_a: str, record_b: str, language: str) -> str:
    outcome, reasons = texts()["outcome"], texts()["reasons"]
    left, right = sorted((record_a, record_b))
    person = lake.read("membership").set_index("record_id")["person_id"]
    lines = [outcome["together" if person.get(left) == person.get(right) else "apart"][language]]
    decision = _of_pair(about_people(effective_decisions(home)), left, right)
    if len(decision):
        words = {code: word for word, code in texts()["answers"].items()}
        answer = words[decision["decision"].iloc[0]] if language == "id" else decision["decision"].iloc[0]
        lines.append(outcome["decision"][language].format(answer=answer, by=decision["decided_by"].iloc[0]))
    refused = _of_pair(lake.read("links"), left, right)["decided_by"]
    lines += [reasons[reason][language] for reason in refused if reason in reasons]
    return " ".join(lines)


def _of_pair(table: pd.DataFrame, left: str, right: str) -> pd.DataFrame:
    return table[(table["record_id_l"] == left) & (table["record_id_r"] == right)]
