"""How far reviewers agree: where two people answered one question, and what they said differently."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from assets.households.review.decisions import UNSURE, latest_of_each, question_of

STRENGTHS = ((0.2, "poor"), (0.4, "fair"), (0.6, "moderate"), (0.8, "good"))


class Agreement(NamedTuple):
    """Two reviewers, how many questions both answered, the share with one answer, and Cohen's kappa: that share beyond
    what chance would give to two who answer as often so (1: always one, 0: no more than chance; None where both gave
    one and the same answer throughout, of which chance gives all)."""

    reviewers: tuple[str, str]
    questions: int
    raw: float
    kappa: float | None


def agreement(decisions: pd.DataFrame) -> list[Agreement]:
    """Compare each two reviewers over the questions that both answered, RAGU among the answers.

    In: all entries of the ledger (`read_decisions`). Out: those with most questions first.
    """
    said = latest_of_each(decisions)
    answers = pd.Series(said["decision"].to_numpy(), index=[question_of(said), said["reviewer"]])
    table = answers.unstack() if len(answers) else pd.DataFrame()
    found = []
    for at, one in enumerate(table.columns):
        for other in table.columns[at + 1 :]:
            both = table[[one, other]].dropna()
            if len(both):
                raw = float((both[one] == both[other]).mean())
                found.append(Agreement((str(one), str(other)), len(both), raw, _kappa(both[one], both[other], raw)))
    return sorted(found, key=lambda pair: (-pair.questions, pair.reviewers))


def strength(kappa: float) -> str:
    """What a kappa means: `poor`, `fair`, `moderate`, `good` or `strong` (Altman 1991, after Landis and Koch)."""
    return next((word for most, word in STRENGTHS if kappa <= most), "strong")


def contradictions(decisions: pd.DataFrame) -> pd.DataFrame:
    """The answers that stand (`DECISION` columns of the ledger) to questions to which two reviewers said otherwise;
    who is not sure contradicts nobody."""
    said = latest_of_each(decisions)
    sure = said[~said["decision"].isin(UNSURE)]
    many = sure.groupby(question_of(sure))["decision"].transform("nunique") > 1
    return sure[many].sort_values(["record_id_l", "record_id_r", "decided_at"], ignore_index=True)


def _kappa(one: pd.Series, other: pd.Series, raw: float) -> float | None:
    shares = [answers.value_counts(normalize=True) for answers in (one, other)]
    by_chance = float((shares[0] * shares[1]).sum())
    return None if by_chance == 1 else (raw - by_chance) / (1 - by_chance)
