"""Which columns are published, to whom and in which form: read off the declarations, and nothing else gets out.

Danger: a NIK that everybody may read, two directorates that join their files by a person's id, or a person with HIV
who is named in a list that lies on a desk. Remedy: a column is published only where its declaration names a form;
numbers are masked, ids are pseudonyms that differ by directorate, and referrals in a restricted category are without
whatever tells who it is, except in the restricted file.
"""

from __future__ import annotations

import hmac
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

import pandas as pd

from validation.categories import restricted_categories
from warehouse.secret_key import derived
from warehouse.tables import tables

DIRECTORATE, SEALED, RESTRICTED = "directorate", "sealed", "restricted"
DOT = "•"
_SHOWN_ENDS = 4
_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ")
"""From the letters of base 32 to those of our ids, which leave out what can be misread."""
_RECORD_ID_DIGITS = 32


def form_of(declared: str, publication: str) -> str | None:
    """The form in which a declared column (`persons.nik`) is published; None: not at all."""
    table, _, name = declared.partition(".")
    columns = {column.name: column for column in tables()[table].columns}
    return columns[name].published.get(publication)


@dataclass(frozen=True)
class Pseudonyms:
    """Makes pseudonyms of one directorate: the same id always gets the same one, another directorate's never."""

    key: bytes
    directorate: str

    def of(self, ids: pd.Series, purpose: str) -> pd.Series:
        """Pseudonyms in the form of the ids, of one purpose: those of two purposes cannot be joined either. Lists of
        ids give lists."""
        known, key = ids.dropna(), derived(self.key, f"{self.directorate} {purpose}")
        if known.empty:
            return ids
        if isinstance(known.iloc[0], str):
            return ids.map({one: _pseudonym(key, one) for one in known.unique().tolist()})
        named = {one: _pseudonym(key, one) for one in set(chain.from_iterable(known))}
        return ids.map(lambda several: [named[one] for one in several], na_action="ignore")


def _pseudonym(key: bytes, one: str) -> str:
    digest = hmac.digest(key, one.encode(), "sha256")
    if len(one) == _RECORD_ID_DIGITS:
        return digest.hex()[:_RECORD_ID_DIGITS]
    return one[:1] + b32encode(digest[:10]).translate(_CROCKFORD).decode()


def masked(number: str) -> str:
    """A number by which its bearer is known again, and nobody else can be looked up.

    >>> masked("1610054107850003"), masked("16100541"), masked("")
    ('1610••••••••0003', '••••••••', '')
    """
    hidden = len(number) - 2 * _SHOWN_ENDS
    if hidden < _SHOWN_ENDS:
        return DOT * len(number)
    return number[:_SHOWN_ENDS] + DOT * hidden + number[-_SHOWN_ENDS:]


def shaped(frame: pd.DataFrame, declared: Mapping[str, str], publication: str, pseudonyms: Pseudonyms) -> pd.DataFrame:
    """The columns of `frame` that one publication has, each in its form.

    `declared`: for each column of the frame the declared column whose rule it follows. In the files of a directorate,
    rows of restricted categories follow the rule for `sealed`.
    """
    sealed = frame["kode_pmks"].isin(restricted_categories()) & (publication == DIRECTORATE)
    made = {}
    for name, rule in declared.items():
        form = form_of(rule, publication)
        if form is None:
            continue
        column = _in_form(frame[name], form, pseudonyms, DIRECTORATE)
        if sealed.any():
            other = form_of(rule, SEALED)
            hidden = _in_form(frame.loc[sealed, name], other, pseudonyms, SEALED)
            column = column.astype("object") if column.dtype != hidden.dtype else column
            column = column.where(~sealed, hidden.reindex(column.index))
        made[name] = column
    return pd.DataFrame(made, index=frame.index)


def _in_form(values: pd.Series, form: str | None, pseudonyms: Pseudonyms, purpose: str) -> pd.Series:
    if form is None:
        return values.where(pd.Series(False, index=values.index))
    if form == "masked":
        hidden = [masked(number) if isinstance(number, str) else None for number in values.tolist()]
        return pd.Series(hidden, index=values.index, dtype=values.dtype)
    return pseudonyms.of(values, purpose) if form == "pseudonym" else values
