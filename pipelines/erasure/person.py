"""Who a person is in the data: by which rows, and by which values other places could name them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import pandas as pd

from assets.households.identity.successions import successions
from warehouse.lake import Reader

_NO_LETTER = re.compile(r"[^\w]+")
_NO_DIGIT = re.compile(r"\D+")
_MASK_DIGITS = 15
"""Numbers shorter than this say nothing of one person."""


class Person(NamedTuple):
    """A person whose data are to be erased. `records`: the ids of all rows known to be theirs, in force or not.

    `names` (`plain`), `niks` and `kks` (digits), `births` (as written, and as ISO days): what their rows say;
    `addresses`: those that nobody else has.
    `households`: those that they belong to; `referrals`: all that they ever had, with the directorate of each.
    """

    person_id: str
    records: frozenset[str]
    names: frozenset[str]
    niks: frozenset[str]
    kks: frozenset[str]
    births: frozenset[str]
    addresses: frozenset[str]
    households: frozenset[str]
    referrals: frozenset[tuple[str, str]]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where a text names the person beyond doubt: their NIK, or their name if it has at least two words (one word
        may as well be that of a village)."""
        found = _pattern(self.names, self.niks)
        return [match.span() for match in found.finditer(text)] if found else []

    def is_named_by(self, text: str) -> bool:
        """Whether a cell of their family names the person: it holds their name, or their NIK."""
        return plain(text) in self.names or digits(text) in self.niks or bool(self.spans(text))

    def is_row(self, cells: Iterable[str]) -> bool:
        """Whether the cells of a row of any sheet say that it is theirs: a cell is their NIK, or two are their name and
        their birth or their own address. A name and a KK are also in the rows of their family."""
        texts = [text for text in cells if text]
        if any(digits(text) in self.niks and not any(map(str.isalpha, text)) for text in texts):
            return True
        return any(plain(text) in self.names for text in texts) and bool(
            (self.births | self.addresses).intersection(texts)
        )


@cache
def _pattern(names: frozenset[str], niks: frozenset[str]) -> re.Pattern[str] | None:
    words = [r"[\W_]+".join(map(re.escape, name.split())) for name in names if " " in name]
    numbers = [r"[\s.\-]*".join(nik) for nik in niks]
    several = [f"\\b{each}\\b" for each in sorted(words, key=len, reverse=True)] + sorted(numbers)
    return re.compile("|".join(several), re.IGNORECASE) if several else None


def plain(text: str) -> str:
    """A name as it is compared: capital letters, one space between words.

    >>> plain("  Siti  aminah, "), plain("H. M. Ali")
    ('SITI AMINAH', 'H M ALI')
    """
    return " ".join(_NO_LETTER.sub(" ", text.upper()).split())


def digits(text: str) -> str:
    """The digits of a number as it is compared; nothing for what is too short to say who somebody is.

    >>> digits("1610 0501 0750 0001"), digits("12")
    ('1610050107500001', '')
    """
    found = _NO_DIGIT.sub("", text)
    return found if len(found) >= _MASK_DIGITS else ""


def find(tables: Reader, person_id: str) -> Person | None:
    """The person with an id, or the one that it was merged into; None for an unknown id, or one that is no person's.

    Their records are those that have the id now, that had it (or one that was merged into it) when they last counted,
    and those of older lists that these stand for; never one that counts as somebody else's now.
    """
    retired = tables.read("identity_retired").set_index("id")["retired_into"].dropna()
    present, seen = person_id, {person_id}
    while present in retired.index and retired[present] not in seen:
        present = str(retired[present])
        seen.add(present)
    merged = {present, person_id}
    while more := set(retired.index[retired.isin(merged)]) - merged:
        merged |= more
    members, known = tables.read("membership"), tables.read("identity_ids")
    records = set(members.loc[members["person_id"] == present, "record_id"])
    if not records:
        return None
    records |= set(known.loc[known["person_id"].isin(merged), "record_id"])
    accepted = tables.read("accepted")
    replaced = successions(accepted, tables.read("outcomes"))
    records |= set(replaced.loc[replaced["record_id"].isin(records), "replaces"])
    records -= set(members.loc[members["person_id"] != present, "record_id"])
    is_mine = accepted["record_id"].isin(records)
    mine, theirs = accepted[is_mine], accepted[~is_mine]
    days = pd.to_datetime(mine["tanggal_lahir"]).dropna().dt.strftime("%Y-%m-%d")
    history = tables.read("history")
    referred = history[(history["subject"] == "person") & history["person_id"].isin(merged)]
    return Person(
        person_id=present,
        records=frozenset(records),
        names=frozenset(filter(None, map(plain, [*mine["nama"].dropna(), *mine["nama_asli"].dropna()]))),
        niks=frozenset(filter(None, map(digits, mine["nik"].dropna()))),
        kks=frozenset(filter(None, map(digits, mine["no_kk"].dropna()))),
        births=frozenset(days),
        addresses=frozenset(set(mine["alamat"].dropna()) - set(theirs["alamat"].dropna())),
        households=frozenset(members.loc[members["person_id"] == present, "household_id"]),
        referrals=frozenset(zip(referred["directorate"], referred["referral_id"], strict=True)),
    )
