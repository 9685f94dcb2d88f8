"""The ledger of reviewers' decisions: entries are only ever added, and every later run obeys them.

One JSON object a line. A decision is taken back by an entry that revokes it, never by deleting a line. Every entry's
id is a hash over the entry before it, so that a line changed or removed by hand is noticed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

from warehouse.files import locked

LEDGER = "decisions.jsonl"
ABOUT_PEOPLE = ("same", "different", "not_sure")
ABOUT_HOUSEHOLDS = ("one_household", "two_households", "household_not_sure")
DECISIONS = (*ABOUT_PEOPLE, *ABOUT_HOUSEHOLDS)
"""Answers to two questions about a pair of records, of which neither takes the place of the other."""
UNSURE = ("not_sure", "household_not_sure")
FACTS = ["record_id_l", "record_id_r", "decision", "decided_by", "decided_at", "reason", "revokes"]
COLUMNS = ["decision_id", *FACTS]
EFFECTIVE = [c for c in COLUMNS if c != "revokes"]


class LedgerError(ValueError):
    """The ledger of decisions cannot be trusted, or an entry does not fit it."""


def read_decisions(folder: Path) -> pd.DataFrame:
    """All entries of the ledger in `folder`, in the order in which they were made; empty where there is none.

    Out: decision_id, record_id_l < record_id_r, decision (one of `DECISIONS`; null for a revocation),
    decided_by, decided_at (UTC), reason, revokes (the decision_id taken back, else null). A last line without its
    end was never confirmed to anybody and does not count. Raises `LedgerError` where a line was changed or removed.
    """
    entries = _entries(folder / LEDGER)
    frame = pd.DataFrame(entries, columns=COLUMNS).astype("str")
    return frame.assign(decided_at=pd.to_datetime(frame["decided_at"]).astype("datetime64[us]"))


def record_decisions(folder: Path, pairs: Sequence[Mapping[str, str]], *, decided_at: datetime) -> list[str]:
    """Append one entry for each of `pairs` and return their ids; on disk when this returns.

    Each pair names record_id_l, record_id_r, decision, decided_by, reason. A pair about which the same person has
    already given the same answer for the same reason, if it was not revoked since, adds nothing (the id of that answer
    is returned).
    Raises `LedgerError` for an unknown decision, a record paired with itself, or nobody's name.
    """
    with locked(folder / ".lock"):
        held = _entries(folder / LEDGER)
        effective_now = _effective_entries(held)
        ids: list[str] = []
        new_entries: list[dict[str, str | None]] = []
        for pair in pairs:
            left, right = sorted((pair["record_id_l"], pair["record_id_r"]))
            if pair["decision"] not in DECISIONS or left == right or not pair["decided_by"].strip():
                raise LedgerError("a decision needs two different records, one of the known answers and who gave it")
            question = (left, right, pair["decision"] in ABOUT_HOUSEHOLDS, reviewer_of(pair["decided_by"]))
            known = effective_now.get(question)
            said = (pair["decision"], pair["reason"].strip())
            if known and (known["decision"], known["reason"]) == said:
                ids.append(str(known["decision_id"]))
                continue
            entry = {
                "record_id_l": left,
                "record_id_r": right,
                "decision": pair["decision"],
                "decided_by": pair["decided_by"].strip(),
                "decided_at": decided_at.isoformat(timespec="seconds"),
                "reason": pair["reason"].strip(),
                "revokes": None,
            }
            new_entries.append(_linked(entry, [*held, *new_entries]))
            effective_now[question] = new_entries[-1]
            ids.append(str(new_entries[-1]["decision_id"]))
        _append(folder / LEDGER, new_entries)
    return ids


def revoke(folder: Path, decision_id: str, *, decided_by: str, reason: str, decided_at: datetime) -> str:
    """Append an entry that takes `decision_id` back, and return its id. Raises `LedgerError` if there is no such
    decision, or it was revoked before."""
    with locked(folder / ".lock"):
        held = _entries(folder / LEDGER)
        taken_back = {e["revokes"] for e in held}
        found = [e for e in held if e["decision_id"] == decision_id and e["decision"] is not None]
        if not found or decision_id in taken_back or not decided_by.strip():
            raise LedgerError("only a decision that stands can be revoked, and by somebody with a name")
        entry = {
            "record_id_l": found[0]["record_id_l"],
            "record_id_r": found[0]["record_id_r"],
            "decision": None,
            "decided_by": decided_by.strip(),
            "decided_at": decided_at.isoformat(timespec="seconds"),
            "reason": reason.strip(),
            "revokes": decision_id,
        }
        linked = _linked(entry, held)
        _append(folder / LEDGER, [linked])
    return str(linked["decision_id"])


def effective(decisions: pd.DataFrame) -> pd.DataFrame:
    """The decisions that count: one row a pair and question, the latest that was not revoked; sorted by pair.

    Of two reviewers who contradict each other none is chosen: the question counts as not sure until one of the answers
    is revoked, or whoever gave it gives another. `not_sure` takes the place of an earlier answer and itself decides
    nothing: such rows are listed, not obeyed.
    """
    return _agreed(latest_of_each(decisions))


def _agreed(each: pd.DataFrame) -> pd.DataFrame:
    """What the answers of all reviewers (as from `latest_of_each`) come to, as `effective`."""
    sure = each[~each["decision"].isin(UNSURE)]
    disputed = sure.groupby(question_of(sure))["decision"].nunique()
    latest = _latest(each)
    households = latest["decision"].isin(ABOUT_HOUSEHOLDS)
    open_ = question_of(latest).isin(disputed.index[disputed > 1])
    unsure = pd.Series("not_sure", latest.index, dtype="str").mask(households, "household_not_sure")
    latest = latest.assign(decision=latest["decision"].mask(open_, unsure))
    return latest[EFFECTIVE].sort_values(["record_id_l", "record_id_r"], kind="stable", ignore_index=True)


def latest_of_each(decisions: pd.DataFrame) -> pd.DataFrame:
    """The latest answer of each reviewer to each question that was not revoked, in the order of the ledger.

    Adds `reviewer`: the name as it is compared, in small letters.
    """
    stands = decisions[decisions["decision"].notna() & ~decisions["decision_id"].isin(decisions["revokes"].dropna())]
    return _latest_by_reviewer(stands)


def _latest_by_reviewer(answers: pd.DataFrame) -> pd.DataFrame:
    answers = answers.assign(reviewer=answers["decided_by"].map(reviewer_of).astype("str"))
    asked = pd.DataFrame({"question": question_of(answers), "reviewer": answers["reviewer"]})
    return answers[~asked.duplicated(keep="last")].reset_index(drop=True)


def question_of(decisions: pd.DataFrame) -> pd.Series:
    """What each decision answers, as one text: the pair, and whether households are asked about."""
    kind = decisions["decision"].isin(ABOUT_HOUSEHOLDS).map({True: "H", False: "P"}).astype("str")
    return decisions["record_id_l"] + "\x1f" + decisions["record_id_r"] + "\x1f" + kind


def reviewer_of(name: str) -> str:
    """A reviewer's name as it is compared.

    >>> reviewer_of(" Rina  Sari ") == reviewer_of("rina sari")
    True
    """
    return " ".join(name.split()).casefold()


def about_people(decisions: pd.DataFrame) -> pd.DataFrame:
    """Those of the decisions that say whether two records are one person."""
    return decisions[decisions["decision"].isin(ABOUT_PEOPLE)].reset_index(drop=True)


def about_households(decisions: pd.DataFrame) -> pd.DataFrame:
    """Those of the decisions that say whether two records are of one household."""
    return decisions[decisions["decision"].isin(ABOUT_HOUSEHOLDS)].reset_index(drop=True)


def through_successions(decisions: pd.DataFrame, successions: pd.DataFrame) -> pd.DataFrame:
    """Let decisions follow records into a corrected list, where the records are unchanged.

    In: `decisions`, as from `latest_of_each`; `successions` (record_id, replaces, unchanged). A decision on a record
    whose content changed stays with the old record. Out: as `effective`; answers to an old and to a new pair are
    answers to one question, of which none is chosen where two reviewers contradict each other.
    """
    after = successions.loc[successions["unchanged"]].set_index("replaces")["record_id"]
    sides = [decisions[c].map(after).astype("str").fillna(decisions[c]) for c in ("record_id_l", "record_id_r")]
    left = sides[0].where(sides[0] < sides[1], sides[1])
    right = sides[1].where(sides[0] < sides[1], sides[0])
    moved = decisions.assign(record_id_l=left, record_id_r=right)[left != right]
    return _agreed(_latest_by_reviewer(moved.sort_values("decided_at", kind="stable")))


def _latest(decisions: pd.DataFrame) -> pd.DataFrame:
    """Return the last row of each pair and question."""
    return decisions[~question_of(decisions).duplicated(keep="last")]


def _entries(path: Path) -> list[dict[str, str | None]]:
    """Return all entries of a ledger file. Raises `LedgerError` where a line is no entry or was changed."""
    if not path.exists():
        return []
    *lines, _torn = path.read_bytes().split(b"\n")
    held: list[dict[str, str | None]] = []
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
            facts = {fact: entry[fact] for fact in FACTS}
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(f"{path.name}, line {number} is not an entry of the ledger of decisions") from error
        if entry["decision_id"] != _linked(facts, held)["decision_id"]:
            raise LedgerError(f"{path.name}, line {number}: the ledger was changed by hand at or before this line")
        held.append(entry)
    return held


def _effective_entries(
    entries: Sequence[dict[str, str | None]],
) -> dict[tuple[str | None, str | None, bool, str], dict[str, str | None]]:
    """Return by pair, question and reviewer the entry that counts: the latest that was not revoked."""
    taken_back = {e["revokes"] for e in entries}
    stand = [e for e in entries if e["decision"] is not None and e["decision_id"] not in taken_back]
    return {
        (e["record_id_l"], e["record_id_r"], e["decision"] in ABOUT_HOUSEHOLDS, reviewer_of(e["decided_by"] or "")): e
        for e in stand
    }


def _linked(facts: Mapping[str, str | None], before: Sequence[Mapping[str, str | None]]) -> dict[str, str | None]:
    """The entry with its id: a hash over its facts and the id of the entry before it."""
    last = before[-1]["decision_id"] if before else ""
    text = json.dumps([last, [facts[f] for f in FACTS]], ensure_ascii=False)
    return {"decision_id": "K" + hashlib.sha256(text.encode()).hexdigest()[:16], **facts}


def _append(path: Path, entries: Sequence[Mapping[str, str | None]]) -> None:
    """Append whole lines and flush them to disk, after cutting off what an interrupted append left."""
    if not entries:
        return
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as ledger:
        ledger.truncate(ledger.read().rfind(b"\n") + 1)
        ledger.seek(0, os.SEEK_END)
        ledger.write("".join(json.dumps(e, ensure_ascii=False) + "\n" for e in entries).encode())
        ledger.flush()
        os.fsync(ledger.fileno())
