"""Referring again whom a change reaches (`reach.py`), and putting what comes of it among what stood before."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assets.households.identity.reach import made_again
from assets.referrals.description import BESIDE, BORN, ages, described
from assets.referrals.facts import Bools
from assets.referrals.history import (
    Causes,
    advance_history,
    current_referrals,
    latest_moment,
    next_moment,
    without_erased,
)
from assets.referrals.overlap import OF_HOUSEHOLD, with_villages
from assets.referrals.reach import Again, Changed, Ties, newest_periods, reached, union
from assets.referrals.routing import Routed, route
from assets.referrals.rules import RuleSet
from validation.keys import is_one_of, positions
from validation.spliced import differing
from warehouse.arrow import to_arrow, to_pandas


class Stood(NamedTuple):
    """What was made the last time; texts that many rows share may stand by their numbers. `referrals` with `BORN`, and
    with ages of that day."""

    referrals: pa.Table
    history: pa.Table
    unrouted: pa.Table
    overlap: pa.Table


class Listed(NamedTuple):
    """What is known now of those who are referred again: their records in force, whose these are, themselves and their
    households; and village and period of the lists of all."""

    records: pd.DataFrame
    membership: pd.DataFrame
    persons: pd.DataFrame
    households: pd.DataFrame
    lists: pd.DataFrame


class Made(NamedTuple):
    """All tables as they are now; and of those who were referred again the referrals, and who is not referred."""

    tables: Stood
    referrals: pd.DataFrame
    unrouted: pd.DataFrame


def whom(changed: Changed, stood: Stood, ties: Ties, lists: pd.DataFrame) -> Again:
    """Who is referred again after a change: whom it reaches, and of villages whose newest list is another one now all
    who are referred. `lists`: village and period of the lists of all."""
    moved = pa.array(_of_moved_villages(stood.referrals, lists))
    people, homes = (stood.referrals[name].filter(moved) for name in ("person_id", "household_id"))
    return reached(ties, changed._replace(people=union(changed.people, people), homes=union(changed.homes, homes)))


def _of_moved_villages(referrals: pa.Table, lists: pd.DataFrame) -> Bools:
    """Which referrals stand in a village whose newest list is another one than they say."""
    said = referrals.select(["kode_desa", "daftar_terakhir"]).group_by(["kode_desa", "daftar_terakhir"]).aggregate([])
    newest, known = newest_periods(lists), to_pandas(said)
    now = newest["periode"].array.take(positions(known["kode_desa"], newest["kode_desa"]), allow_fill=True)
    stays = (known["daftar_terakhir"] == now).fillna(False) | (known["daftar_terakhir"].isna() & pd.isna(now))
    moved = known.loc[~stays.to_numpy(dtype=bool), "kode_desa"]
    return is_one_of(referrals["kode_desa"], moved) if len(moved) else np.zeros(len(referrals), dtype=bool)


def refer_again(
    stood: Stood, listed: Listed, again: Again, rules: RuleSet, causes: Causes, *, run_id: str, at: datetime
) -> Made:
    """The tables after those `again` were referred, in order and content as if all had been. `causes`: as for the
    history; of records, people and households who are not referred again they may say nothing."""
    records, membership, persons, households, lists = listed
    routed = route(records, membership, persons, households, rules, lists)
    causes = causes._replace(unrouted=routed.unrouted)
    gone = _of(stood.referrals, again)
    ids = union(stood.referrals["referral_id"].filter(gone), pa.array(routed.referrals["referral_id"], pa.string()))
    known = is_one_of(stood.history["referral_id"], pa.chunked_array([ids]))
    concerned = in_full(stood.history.filter(pa.array(known)))
    moment = next_moment(latest_moment(to_pandas(stood.history.select(["valid_from", "valid_to"]))), at)
    before = to_pandas(concerned, arrow_lists=True)
    history = advance_history(before, routed.referrals, run_id=run_id, at=moment, causes=causes)
    history = without_erased(history, causes.erased)
    new = history["referral_id"][(history["valid_from"] == moment) | (history["valid_to"] == moment)]
    referrals, born = described(current_referrals(history), routed.referrals[[*BESIDE]], at)
    made = to_arrow("referrals", referrals).append_column(BORN, pa.array(born, pa.date32()))
    said = [name for name in made.column_names if name != "umur"]
    found = differing(in_full(stood.referrals.filter(gone).select(said)), made.select(said), "referral_id")
    others = union(found.new["referral_id"], found.gone["referral_id"])
    referrals_now = made_again(stood.referrals, made, "referral_id", pd.Series(others.to_pandas(), dtype="str")).rows
    states = to_arrow("history", history)
    tables = Stood(
        with_ages(referrals_now, at),
        made_again(stood.history, states, "referral_id", new.drop_duplicates()).rows,
        _unrouted(stood.unrouted, routed, again),
        _overlap(stood.overlap, routed, again),
    )
    return Made(tables, referrals, routed.unrouted)


def in_full(table: pa.Table) -> pa.Table:
    """A table with texts in place of their numbers."""
    kinds = [kind.value_type if pa.types.is_dictionary(kind) else kind for kind in table.schema.types]
    return table.cast(pa.schema([*zip(table.column_names, kinds, strict=True)]))


def with_ages(referrals: pa.Table, at: datetime) -> pa.Table:
    """The referrals with everybody's age on the day of `at`."""
    umur = pa.array(ages(referrals[BORN].to_numpy().astype("datetime64[D]"), at), pa.int64(), from_pandas=True)
    return referrals.set_column(referrals.column_names.index("umur"), "umur", umur)


def _of(table: pa.Table, again: Again) -> pa.Array:
    """Which rows are of people or households who are referred again."""
    people, homes = (pa.chunked_array([ids]) for ids in (again.people, again.homes))
    return pa.array(is_one_of(table["person_id"], people) | is_one_of(table["household_id"], homes))


def _unrouted(before: pa.Table, routed: Routed, again: Again) -> pa.Table:
    people = pd.Series(again.people.to_pandas(), dtype="str")
    return made_again(before, to_arrow("unrouted", routed.unrouted), "person_id", people).rows


def _overlap(before: pa.Table, routed: Routed, again: Again) -> pd.DataFrame:
    made = routed.overlap[routed.overlap["tingkat"] == OF_HOUSEHOLD]
    households = before.filter(pc.is_valid(before["household_id"]))
    stays = ~is_one_of(households["household_id"], pa.chunked_array([again.homes]))
    return with_villages(pd.concat([to_pandas(households.filter(pa.array(stays))), made], ignore_index=True))
