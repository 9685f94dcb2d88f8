"""The ids that an unknown one may have been meant to be."""

from __future__ import annotations

from pathlib import Path

from warehouse.id_forms import HOUSEHOLD, MOST_TYPOS, PERSON, PERSON_OR_HOUSEHOLD, RECORD, REFERRAL, SUBMISSION, Form
from warehouse.trace_steps import Looked, ask, looking

MOST_NEAR = 5
_LEAST_PART = 4
"""So many letters of an id say which it is."""
_IDS: tuple[tuple[str, str, Form | None], ...] = (
    ("referrals.history", "referral_id", REFERRAL), ("households.persons", "person_id", PERSON),
    ("households.events", "other_id", PERSON_OR_HOUSEHOLD), ("households.households", "household_id", HOUSEHOLD),
    ("records.accepted", "record_id", RECORD), ("records.quarantined", "record_id", RECORD),
    ("intake.submissions", "submission_id", SUBMISSION), ("intake.receipts", "path", None),
    ("intake.submissions", "kode_desa", None), ("audit.rules", "rule_id", None), ("audit.rules", "rule_set", None),
    ("audit.runs", "run_id", None),
)  # fmt: skip
"""Where everything that can be traced stands, and how it is written: None, as somebody likes."""


def near(warehouse: Path, any_id: str) -> list[str]:
    """The ids that an unknown one may have been meant to be: those that it is a part of, and those a few letters away,
    whether they are small or large. Where some of them begin as it does, they are told alone."""
    with looking(warehouse) as look:
        found = _near(look, any_id, whole=False) or _near(look, any_id, whole=True)
    return sorted(found, key=lambda text: (found[text], text))[:MOST_NEAR]


def _near(look: Looked, any_id: str, *, whole: bool) -> dict[str, int]:
    """The nearest ids, and how far each is; `whole`: among all, or else only among those that begin alike, which stand
    together in their tables."""
    found: dict[str, int] = {}
    for table, column, form in _IDS:
        text = form.written(any_id) if form else any_id
        if form is None or form.may_be_mistyped_as(text):
            parts = _parts(text)
            if form and not whole:
                found |= _mistyped(look, table, column, text, f"{column} BETWEEN ? AND ?", parts[0], parts[0] + "~")
            else:
                shared = " OR ".join([f"contains({column}, ?)"] * len(parts))
                found |= _mistyped(look, table, column, text, f"({shared})", *parts)
        if len(text) >= _LEAST_PART and (form is None or form.may_hold(text)):
            held_by = f"contains({column}, ?)" if form else f"contains(lower({column}), lower(?))"
            found |= _nearest(look, table, column, held_by, text, text)
    return found


def _parts(text: str) -> list[str]:
    """So many parts of a text that there is one more than letters may differ: one of them is in every id that is near
    enough, which is seen much faster than how far two texts are apart."""
    width = -(-len(text) // (MOST_TYPOS + 1)) or 1
    parts = [text[at : at + width] for at in range(0, len(text), width)]
    return parts if len(parts) > MOST_TYPOS else [""]


def _mistyped(look: Looked, table: str, column: str, text: str, shares: str, *values: str) -> dict[str, int]:
    where = f"{shares} AND levenshtein({column}, ?) <= {MOST_TYPOS}"
    return _nearest(look, table, column, where, text, *values, text)


def _nearest(look: Looked, table: str, column: str, where: str, *values: str) -> dict[str, int]:
    """The nearest ids that fulfil a condition, and how many letters each is away from the first of the values."""
    sql = f"SELECT {column}, min(levenshtein({column}, ?)) AS far FROM {table} WHERE {where} GROUP BY 1 ORDER BY 2, 1"
    return dict(ask(look, f"{sql} LIMIT {MOST_NEAR}", *values))
