"""The router: every person and category is referred by the rules, or stands in `unrouted` with a named reason.

What rules are asked about, and which of them hold, is worked out in `claims.py`; here stands what follows for each.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from assets.referrals.claims import STATED_IN, Claims, claims_of, evidence_of, grouped, matches
from assets.referrals.description import BORN, CONTACTS, DESCRIPTION, contact, newest_lists
from assets.referrals.facts import (
    CATEGORIES,
    HOUSEHOLD_CODES,
    Bools,
    Ints,
    Listing,
    births,
    lists_in_arrow,
    living_heads,
    read_listing,
    run_in_threads,
    said_away,
    stated,
)
from assets.referrals.outgrown import outgrown
from assets.referrals.overlap import also_referred, leaders, overlap_table
from assets.referrals.rules import DIRECTORATES, NOWHERE, OUTSIDE_PROFILE, REASONS, RuleSet
from assets.referrals.sentences import DOUBTS, sentence
from validation.keys import positions
from warehouse.connection import memory

Texts = pd.api.extensions.ExtensionArray
CODES = pd.Series(CATEGORIES, dtype="str")

CARRIED = ("status_hidup", "status_padan", "status_layak", "berita_acara")
"""What lists state of a person's life and verification: carried to the referral as it stands, never invented."""
OF_RECORDS = (
    "record_id", "kode_desa", "periode", "kode_pmks", "umur", *STATED_IN.values(), *CARRIED, *CONTACTS,
)  # fmt: skip
"""Columns of records that decide to whom they are referred, and what is said of it."""
OF_PERSONS = ("person_id", "household_id", "kode_desa", "tanggal_lahir", "hubungan")
OF_HOUSEHOLDS = ("household_id", "head_person_id", "kode_desa", "kepala_tercatat")
"""The same of persons and households."""
FROM_RULE = ("directorate", "kode_pmks", "unit", "tujuan", "tujuan_kini", "rule_id", "basis", "confidence")
REFERRAL_COLUMNS = (
    "referral_id", "directorate", "subject", "person_id", "household_id", "kode_desa", "kode_pmks", "unit", "tujuan",
    "tujuan_kini", "status", "rule_id", "rule_set", "basis", "confidence", "alasan", "periode", "memimpin",
    "also_referred_to", "record_ids", *CARRIED,
)  # fmt: skip
REPORTED = (*REFERRAL_COLUMNS, *DESCRIPTION[:-1], BORN)
"""What `route` says of each referral: its columns, and what describes it (`description.py`)."""
SUBJECTS = pd.Series(["person", "household"], dtype="str")
TO_VERIFY = pd.Series(["perlu_verifikasi"], dtype="str")
_IDS = """
SELECT 'R' || left(sha256(concat_ws(chr(31), directorate, subject, id, code, ?::VARCHAR)), 24) AS referral_id FROM parts
"""
NO_RULE, STATED_DEAD, NOT_IN_PROFILE, OUTGROWN = -1, -2, -3, -4
"""Why someone is not referred, where no rule says so; a reason given by a rule is the rule's position."""
GROWN_OUT = "berganti_kategori"
"""The reason (`reasons.csv`), and how a referral ends (`endings.csv`), where a newer list has the next category."""


class Routed(NamedTuple):
    """`referrals` and `unrouted` (each by whose they are and category), `overlap` (see `overlap_table`)."""

    referrals: pd.DataFrame
    unrouted: pd.DataFrame
    overlap: pd.DataFrame


def route(
    records: pd.DataFrame,
    membership: pd.DataFrame,
    persons: pd.DataFrame,
    households: pd.DataFrame,
    rules: RuleSet,
    lists: pd.DataFrame | None = None,
) -> Routed:
    """Refer every person and household that the accepted records list, by one set of rules.

    In: the tables of `docs/lake.md` (one row a record in force, a record, a person, a household); of them `OF_RECORDS`,
    `OF_PERSONS` and `OF_HOUSEHOLDS` are read. Out: `Routed`; text that many rows share is kept once (`category`);
    `since` and `run_id` are added by the history, since they depend on what was known before. The result depends on the
    frames' rows only, never on their order or on today's date: rules are asked as of the last day of the latest period
    listed. Raises `ValueError` where the frames are of different runs. Never refers somebody stated dead.

    Some of the people and households may be referred alone, with all that records tie to them (`reach.py`): of them,
    what comes out is the same, given `lists`, village and period of the lists of all.
    """
    listing = read_listing(records, membership, persons, households, lists)
    life, words = stated(listing, "status_hidup")
    dead = np.array([*(words == "meninggal"), False], dtype=bool)[life]
    born = births(listing)
    evidence, of_dead, too_old = evidence_of(listing, dead, outgrown(listing, born))
    left_out = {STATED_DEAD: of_dead, OUTGROWN: too_old}
    claims = claims_of(listing, born, dead, said_away(listing), evidence, asked=rules.questions())
    on = listing.ends[-1].item() if len(listing.ends) else date.min
    claim, rule = matches(claims, rules, on)
    nowhere = (rules.rules["directorate"] == NOWHERE).to_numpy(dtype=bool)[rule]
    heads = living_heads(listing, born, dead)
    answered = np.zeros(len(claims.code), dtype=bool)
    answered[claim] = True
    unanswered = np.flatnonzero(~answered)
    without = np.concatenate([claim[nowhere], unanswered])
    named = np.isin(CATEGORIES, rules.rules["kode_pmks"].unique())[claims.code[unanswered]]
    why = np.concatenate([rule[nowhere], np.where(named, NO_RULE, NOT_IN_PROFILE)])
    tables: dict[str, Any] = run_in_threads(
        {
            "referrals": lambda: _referrals(listing, claims, heads, born, claim[~nowhere], rule[~nowhere], rules),
            "unrouted": lambda: _unrouted(listing, claims, without, why, left_out, rules),
        }
    )
    referrals, overlap = tables["referrals"]
    return Routed(referrals, tables["unrouted"], overlap)


def _referrals(
    listing: Listing, claims: Claims, heads: Ints, born: NDArray[Any], claim: Ints, rule: Ints, rules: RuleSet
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row a claim and rule that refers it, with whose it is, where to, and why; and who else holds their
    households (`overlap_table`)."""
    persons, households = listing.persons, listing.households
    table = rules.rules.assign(basis=rules.rules["basis"] + ": " + rules.rules["citation"])
    directorate = pd.Index(DIRECTORATES).get_indexer(pd.Index(table["directorate"])).astype(np.int64)[rule]
    lead = pd.to_numeric(table["lead"]).fillna(0).to_numpy(dtype=np.int64)[rule]
    household, record, doubt = claims.household[claim], claims.record[claim], claims.doubt[claim]
    shared = HOUSEHOLD_CODES[claims.code[claim]]
    person = np.where(shared & (heads[household] >= 0), heads[household], claims.person[claim])
    rank, only, leader = listing.rank[record], np.zeros_like(rule), leaders(household, directorate, lead)
    kode_desa = _either(shared, households["kode_desa"], household, persons["kode_desa"], person)
    newest, stands = newest_lists(listing, kode_desa, *claims.groups.members(claim))
    still_head = ~shared | (listing.head[household] == person)
    made: dict[str, Any] = run_in_threads(
        {
            "record_ids": lambda: claims.groups.lists(listing.entry_record_ids(), claim),
            "referral_id": lambda: _referral_ids(listing, claims, claim, _pick(table["directorate"], rule), rules.name),
            "overlap": lambda: overlap_table(household, directorate, leader, households),
            "alasan": lambda: _reasons(rules, rule, rank, listing.periods, doubt),
            "kode_desa": lambda: kode_desa,
            **{name: partial(_shared, table[name], rule) for name in FROM_RULE},
            **{name: partial(_carried, listing, name, listing.person[record]) for name in CARRIED},
            "subject": lambda: _shared(SUBJECTS, shared.astype(np.int64)),
            "person_id": lambda: _pick(persons["person_id"], person),
            "household_id": lambda: _pick(households["household_id"], household),
            "status": lambda: _either(doubt > 0, TO_VERIFY, only, table["status"], rule),
            "rule_set": lambda: _shared(pd.Series([rules.hash], dtype="str"), only),
            "periode": lambda: _shared(listing.periods, rank),
            "memimpin": lambda: _shared(pd.Series(DIRECTORATES, dtype="str"), leader),
            "also_referred_to": lambda: also_referred(person, household, directorate),
            "hubungan": lambda: _shared(persons["hubungan"], person),
            "kepala_tercatat": lambda: households["kepala_tercatat"].to_numpy(dtype=bool)[household] & still_head,
            "tercatat_pada_daftar_terbaru": lambda: stands,
            "daftar_terakhir": lambda: _shared(listing.periods, newest),
            **{name: partial(contact, listing, name, person, household) for name in CONTACTS},
            BORN: lambda: born[person],
        }
    )
    return pd.DataFrame({name: made[name] for name in REPORTED}, copy=False), made["overlap"]


def _carried(listing: Listing, name: str, person: Ints) -> pd.Categorical:
    codes, words = stated(listing, name)
    return _shared(words, codes[person])


def _unrouted(
    listing: Listing, claims: Claims, without: Ints, why: Ints, left_out: dict[int, Ints], rules: RuleSet
) -> pd.DataFrame:
    """One row a person, household and category that is referred nowhere, with the reason, in that order.

    A household's claim stands under everyone listed for it. `without`, `why`: claims, and the rule (or its lack) that
    leaves them out; `left_out`: by the reason the entries that are no evidence."""
    entry, group = claims.groups.members(without)
    entry = np.concatenate([entry, *left_out.values()])
    why = np.concatenate([why[group], *(np.full(len(entries), reason) for reason, entries in left_out.items())])
    record, code = listing.entry_record[entry], listing.entry_code[entry]
    person = listing.person[record]
    shared = HOUSEHOLD_CODES[code]
    household = np.where(shared, listing.household[record], listing.current_household[person])
    explained = _explanations(rules)
    why = np.where(why < 0, len(explained) + why, why)
    in_order = np.argsort(np.argsort(explained["reason_code"].to_numpy(dtype=object), kind="stable"))
    key = (person * len(listing.households) + household) * len(CATEGORIES) + code
    groups = grouped(np.arange(len(entry)), key * len(explained) + in_order[why], listing.rank[record])
    lead = groups.lead
    persons, households = listing.persons, listing.households
    columns = {
        "person_id": lambda: _pick(persons["person_id"], person[lead]),
        "household_id": lambda: _pick(households["household_id"], household[lead]),
        "kode_desa": lambda: _either(
            shared[lead], households["kode_desa"], household[lead], persons["kode_desa"], person[lead]
        ),
        "kode_pmks": lambda: _pick(CODES, code[lead]),
        "reason_code": lambda: _pick(explained["reason_code"], why[lead]),
        "reason": lambda: _shared(explained["reason"], why[lead]),
        "rule_id": lambda: _pick(explained["rule_id"], why[lead]),
        "record_ids": lambda: groups.lists(listing.entry_record_ids().take(pa.array(entry)), np.arange(len(lead))),
    }
    return pd.DataFrame(run_in_threads(columns), copy=False)


def _explanations(rules: RuleSet) -> pd.DataFrame:
    """What to say for each rule that refers nowhere, by position; the last rows are
    `OUTGROWN`, `NOT_IN_PROFILE`, `STATED_DEAD` and `NO_RULE`."""
    table = rules.rules[["status", "basis", "rule_id"]].rename(columns={"status": "reason_code"})
    own = pd.DataFrame(
        {"reason_code": [GROWN_OUT, OUTSIDE_PROFILE, "perlu_konfirmasi_meninggal", "di_luar_masa_berlaku"]}, dtype="str"
    )
    table = pd.concat([table, own], ignore_index=True)
    basis = (" Dasar: " + table["basis"] + ".").fillna("")
    table["reason"] = table["reason_code"].map(REASONS["alasan"]).astype("str") + basis
    return table[["reason_code", "reason", "rule_id"]]


def _reasons(rules: RuleSet, rule: Ints, rank: Ints, periods: pd.Series, doubt: Ints) -> Texts:
    """The sentence of each referral; one is written for each rule, period and doubt, not for each person."""
    key = (rule * len(periods) + rank) * len(DOUBTS) + doubt
    sentence_of, wanted = pd.factorize(key)
    lines = [rules.line(i) for i in range(len(rules.rules))]
    said = []
    for both, why in (divmod(k, len(DOUBTS)) for k in wanted.tolist()):
        i, when = divmod(both, len(periods))
        said.append(sentence(lines[i], rules.conditions[i], str(periods.iloc[when]), doubt=DOUBTS[why]))
    return _shared(pd.Series(said, dtype="str"), sentence_of)


def _referral_ids(listing: Listing, claims: Claims, claim: Ints, directorate: Texts, profile: str) -> Texts:
    """`R` and 24 hex digits of SHA-256 over directorate, subject, subject id, category and profile: a referral keeps
    its id while it holds, whatever else changes."""
    shared = HOUSEHOLD_CODES[claims.code[claim]]
    persons, households = listing.persons["person_id"], listing.households["household_id"]
    parts = pa.table(
        {
            "directorate": pa.array(directorate),
            "subject": pa.array(_pick(SUBJECTS, shared.astype(np.int64))),
            "id": pa.array(_either(shared, households, claims.household[claim], persons, claims.person[claim])),
            "code": pa.array(_pick(CODES, claims.code[claim])),
        }
    )
    with memory() as con:
        con.register("parts", parts)
        ids: Texts = con.execute(_IDS, [profile]).to_arrow_table()["referral_id"].to_pandas().array
    return ids


def _pick(values: pd.Series, at: Ints) -> Texts:
    """Values by position; -1 gives a missing value."""
    taken: Texts = values.array.take(at, allow_fill=True)
    return taken


def _shared(values: pd.Series, at: Ints) -> pd.Categorical:
    """The same as categories, so that each text is in memory once."""
    codes, words = pd.factorize(values)
    code = np.append(codes, -1).astype(np.int32)
    return pd.Categorical.from_codes(code[at], pd.Index(words), validate=False)


def _either(first: Bools, a: pd.Series, at_a: Ints, b: pd.Series, at_b: Ints) -> Texts:
    """`a` where `first`, otherwise `b`, by position."""
    both = pd.concat([a, b], ignore_index=True)
    return _pick(both, np.where(first, at_a, len(a) + at_b))


def coverage(
    records: pd.DataFrame, membership: pd.DataFrame, referrals: pd.DataFrame, unrouted: pd.DataFrame
) -> pd.DataFrame:
    """The entries of accepted records that are neither evidence of a referral nor explained; must be empty.

    Out: `record_id`, `person_id`, `household_id`, `kode_pmks`, one row a record and category left out. A record without
    any category is left out, too.
    """
    listed = lists_in_arrow(records["kode_pmks"])
    record = pc.list_parent_indices(listed).to_numpy()
    of_entries = pd.Series(listed.flatten().to_pandas(), dtype="str")
    kinds = pd.Series(of_entries.unique(), dtype="str")
    answered = np.zeros((len(records), len(kinds)), dtype=bool)
    for frame in (referrals, unrouted):
        evidence = lists_in_arrow(frame["record_ids"])
        rows = positions(pd.Series(evidence.flatten().to_pandas(), dtype="str"), records["record_id"])
        kind = positions(frame["kode_pmks"], kinds)[pc.list_parent_indices(evidence).to_numpy()]
        known = (rows >= 0) & (kind >= 0)
        answered[rows[known], kind[known]] = True
    left = ~answered[record, positions(of_entries, kinds)]
    nothing = np.flatnonzero(np.bincount(record, minlength=len(records)) == 0)
    out = np.concatenate([record[left], nothing])
    codes = pd.concat([of_entries[left], pd.Series([None] * len(nothing), dtype="str")])
    missing = records[["record_id"]].take(out).assign(kode_pmks=codes.array)
    found = missing.merge(membership[["record_id", "person_id", "household_id"]], on="record_id", how="left")
    return found[["record_id", "person_id", "household_id", "kode_pmks"]]
