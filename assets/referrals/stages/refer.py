"""Referring persons and households by the rules, and keeping the history: lake in, lake out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
import pyarrow as pa

from assets.referrals.again import Listed, Stood, in_full, refer_again, whom
from assets.referrals.answers import OF_NEEDS, Kept, needs, take_answers, without_remarks
from assets.referrals.description import BESIDE, BORN, described
from assets.referrals.history import (
    LONG,
    Causes,
    advance_history,
    current_referrals,
    latest_moment,
    state,
    without_erased,
)
from assets.referrals.reach import Ties, last_day
from assets.referrals.referred_from import ReferredFrom
from assets.referrals.routing import OF_HOUSEHOLDS, OF_PERSONS, OF_RECORDS, coverage, route
from assets.referrals.rules import RuleSet, load_rules
from validation.keys import in_order_of, is_one_of
from validation.regions import regency_of
from validation.shrinkage import HANDFUL, Shrink, shrinkage
from warehouse.arrow import to_pandas
from warehouse.code import code_digest
from warehouse.files import write_whole
from warehouse.home import DataHome
from warehouse.in_force import in_force, lists_in_force
from warehouse.lake import Manifest, Partition, Reader, digest_of
from warehouse.memory import give_back
from warehouse.passes import with_this_pass
from warehouse.shrinkage import require_no_shrink
from warehouse.stage import Columns, Content, Stage, StageResult, StageRun, run_stage
from warehouse.tables import arrow_schema


class PlanError(RuntimeError):
    """A run that may only do what was planned would do something else. Its message holds counts only."""


def rules_of(home: DataHome) -> RuleSet:
    """The rules of the installation's profile."""
    return load_rules(home.profile)


@dataclass(frozen=True)
class _Made:
    """What is made of who is referred where: `referrals`, `unrouted`, `overlap` and `history`; of each referral the day
    from which its age is counted; the last day of the latest of all lists; and how many referrals break each claim."""

    tables: Content
    born: pa.Array | pa.ChunkedArray
    last_day: str
    claims: Mapping[str, int]
    records: int


def _compute(run: StageRun) -> tuple[Content, dict[str, Any]]:
    rules: RuleSet = run.settings
    made = _again(run, rules) or _anew(run, rules)
    tables = {**made.tables}
    history, current = _frame(tables["history"], _ANSWERED), _frame(tables["referrals"], (*_ANSWERED, *OF_NEEDS))
    tables |= {**answered(run, history, current), "rules": every_rule(run.read("rules"), rules)}
    latest = latest_moment(_frame(tables["history"], ("valid_from", "valid_to")))
    del history, current
    ReferredFrom.of(run, _context(rules, run.inputs)).keep(made.born)
    by = {"model": run.facts("membership").get("model"), "rule_set": rules.hash}
    passes = {"referral_passes": with_this_pass(run, "referral_passes", tables, _REMEMBERED, **by)}
    facts = {"profile": rules.name, "rule_set": rules.hash, "latest": latest.isoformat() if latest else None}
    said = {**made.claims, LAST_DAY: made.last_day, REFERRED: made.records, "at": run.at.isoformat()}
    return tables | passes, facts | said


def _frame(table: pd.DataFrame | pa.Table, columns: Sequence[str]) -> pd.DataFrame:
    """Some columns of a table as a frame."""
    names = [*dict.fromkeys(columns)]
    return table[names] if isinstance(table, pd.DataFrame) else to_pandas(in_full(table.select(names)))


def _context(rules: RuleSet, inputs: str) -> str:
    """Names what referrals were made from: rules, code, and what the stage read."""
    return digest_of(rules.name, rules.hash, code_digest(REFER.module), inputs)


def _anew(run: StageRun, rules: RuleSet) -> _Made:
    """Refer everybody."""
    accepted = run.read("accepted", columns=["submission_id", *OF_RECORDS], shared=["periode"])
    records = in_force(accepted, run.read("outcomes"))
    del accepted
    membership = run.read("membership")
    persons = run.read("persons", columns=[*OF_PERSONS])
    routed = route(records, membership, persons, run.read("households", columns=[*OF_HOUSEHOLDS]), rules)
    latest_day = last_day(records[["periode"]])
    del persons
    give_back()
    records = records[["record_id", "kode_pmks"]]
    planned = run.home.planned
    if planned is not None and content_digest(routed.referrals) != planned:
        raise PlanError("the referrals are not those of the plan; make a new one: pmks plan")
    causes = causes_of(run, membership, routed.unrouted, rules.hash)
    before = run.read("history", shared=LONG)
    give_back()  # what reading it took, as much as it holds
    history = advance_history(before, routed.referrals, run_id=run.run_id, at=run.at, causes=causes)
    history = without_erased(history, causes.erased)
    beside, unrouted, overlap = routed.referrals[[*BESIDE]], routed.unrouted, routed.overlap
    del before, causes, routed  # of a million people what follows needs the room
    give_back()
    _require_no_loss(run, history)
    referrals, born = described(current_referrals(history), beside, run.at)
    del beside
    claims = _claims(records, membership, referrals, unrouted)
    referred = len(records)
    del records, membership
    give_back()
    tables = {"referrals": referrals, "unrouted": unrouted, "overlap": overlap, "history": history}
    return _Made(tables, pa.array(born, pa.date32()), latest_day, claims, referred)


def _again(run: StageRun, rules: RuleSet) -> _Made | None:
    """Refer those whom a change reaches; None where everybody has to be referred."""
    before = run.before
    if run.home.planned is not None or before is None or set(before.files) != set(REFER.writes):
        return None
    if any(before.facts.get(claim) != 0 for claim in (UNFOUNDED, LEFT_OUT, TWICE)):
        return None
    earlier = ReferredFrom.of(run, _context(rules, before.inputs))
    born, changed = earlier.born(before.rows["referrals"]), earlier.changed()
    if born is None or changed is None:
        return None
    accepted, outcomes = run.arrow_read("accepted", ["record_id", "submission_id", *_LISTED]), run.read("outcomes")
    counts = accepted.filter(pa.array(is_one_of(accepted["submission_id"], lists_in_force(outcomes))))
    lists = to_pandas(counts.group_by([*_LISTED]).aggregate([]))
    ties = Ties(
        run.arrow_read("membership"),
        run.arrow_read("persons", [*OF_PERSONS]),
        run.arrow_read("households", [*OF_HOUSEHOLDS]),
    )
    if last_day(lists) != before.facts.get(LAST_DAY) or len(counts) != len(ties.membership):
        return None
    stood = Stood(
        run.arrow_read("referrals", shared=[*_SHARED, "run_id"]).append_column(BORN, born),
        run.arrow_read("history", shared=[*_SHARED, "run_id_from"]),
        run.arrow_read("unrouted"),
        run.arrow_read("overlap"),
    )
    again = whom(changed, stood, ties, lists)
    members, persons, households = (
        to_pandas(table.filter(pa.array(rows)))
        for table, rows in zip(ties, (again.records, again.persons, again.households), strict=True)
    )
    counts = counts.filter(pa.array(is_one_of(counts["record_id"], members["record_id"])))
    listed = Listed(_records_of(run, counts), members, persons, households, lists)
    del counts, ties
    known = to_pandas(accepted.select(["record_id", "submission_id"]))
    erased = run.read("erased_rows", columns=["record_id"])["record_id"]
    causes = Causes(known, outcomes[["submission_id", "outcome"]], members, pd.DataFrame(), rules.hash, erased)
    made = refer_again(stood, listed, again, rules, causes, run_id=run.run_id, at=run.at)
    _require_no_loss(run, _frame(made.tables.history, (*_PLACED, "ended_because")))
    claims = _claims(listed.records, members, made.referrals, made.unrouted)
    tables = made.tables._asdict()
    born = tables["referrals"][BORN]
    return _Made(
        tables | {"referrals": tables["referrals"].drop_columns([BORN])}, born, last_day(lists), claims, len(members)
    )


def _records_of(run: StageRun, some: pa.Table) -> pd.DataFrame:
    """All that decides of some accepted records, in order. They stand where their village and period say, if all are
    found there."""
    places = to_pandas(some.group_by([*_LISTED]).aggregate([]))
    parts = {Partition(regency_of(village), period) for village, period in places.itertuples(index=False)}
    columns = ["submission_id", *OF_RECORDS]
    nothing = arrow_schema("accepted").empty_table().select(columns)

    def found(tables: list[pa.Table]) -> pa.Table:
        rows = [table.filter(pa.array(is_one_of(table["record_id"], some["record_id"]))) for table in tables]
        return pa.concat_tables([nothing, *rows])

    known = sorted(parts.intersection(run.partitions("accepted")))
    records = found([run.arrow_read("accepted", columns, part) for part in known])
    if len(records) != len(some):
        records = found([run.arrow_read("accepted", columns)])
    return in_order_of(to_pandas(records, arrow_lists=True), ["record_id"])


def _require_no_loss(run: StageRun, history: pd.DataFrame) -> None:
    loss = _loss(run.read("history", columns=[*_PLACED]), history, run.home.shrink_percent)
    require_no_shrink([loss], run.home, run_id=run.run_id, at=run.at)


LAST_DAY, REFERRED = "last_day", "records_referred"
"""The facts by which the manifest says the last day of the latest list that counts, and how many records those have who
were referred, and did not keep what was made of them before."""
_ANSWERED = ("directorate", "referral_id")
_LISTED = ("kode_desa", "periode")
_SHARED = (
    *LONG, "tujuan", "rule_set", "rule_id", "directorate", "subject", "kode_pmks", "status", "confidence", "periode",
    "memimpin",
)  # fmt: skip
"""Texts that many referrals share."""
UNFOUNDED, LEFT_OUT, TWICE = "unfounded", "left_out", "twice"
"""The facts by which the manifest says how many referrals name no rule, how many entries of records are neither
referred nor explained, and how many subjects are referred twice for one category."""


def _claims(
    records: pd.DataFrame, membership: pd.DataFrame, referrals: pd.DataFrame, unrouted: pd.DataFrame
) -> dict[str, int]:
    """How many referrals and entries of records break each claim."""
    return {
        UNFOUNDED: unfounded(referrals),
        LEFT_OUT: len(coverage(records, membership, referrals, unrouted)),
        TWICE: twice(referrals),
    }


def unfounded(referrals: pd.DataFrame) -> int:
    """How many referrals lack their rule, its set, or its legal basis."""
    return int(referrals[["rule_id", "rule_set", "basis"]].isna().any(axis=1).sum())


def twice(referrals: pd.DataFrame) -> int:
    """How many referrals are of a subject that stands in the directorate's table for the same category already."""
    subject = referrals["person_id"].where(referrals["subject"] == "person", referrals["household_id"])
    named = referrals[["directorate", "subject", "kode_pmks"]].assign(subject_id=subject)
    return int(named.duplicated().sum())


ACCOUNTED_FOR = (
    "aturan_berubah", "berganti_kategori", "digabung", "dihapus_atas_permintaan", "identitas_dikoreksi", "meninggal",
    "pindah", "sumber_diganti", "sumber_ditarik",
)  # fmt: skip
"""Ends of referrals that somebody's list, rule or decision accounts for (`endings.csv`)."""


_PLACED = ("referral_id", "kode_desa", "directorate", "valid_to")


def _loss(before: pd.DataFrame, after: pd.DataFrame, percent: float) -> Shrink | None:
    """Referrals that would end though no list was withdrawn or replaced, and no rule changed. Of the history `before`
    the columns `_PLACED` are looked at."""
    columns = {"referral_id": "id", "kode_desa": "kode_desa", "directorate": "directorate"}
    were, are = (h.loc[h["valid_to"].isna(), list(columns)].rename(columns=columns) for h in (before, after))
    ended = after[is_one_of(after["referral_id"], were.loc[~is_one_of(were["id"], are["id"]), "id"])]
    last = ended.sort_values("valid_to").drop_duplicates("referral_id", keep="last")
    why = last["ended_because"].str.split(r":| dengan ", regex=True).str[0]
    explained = last.loc[why.isin(ACCOUNTED_FOR), "referral_id"]
    return shrinkage("referrals", were, are, explained, percent=percent, fewest=HANDFUL + 1, new_ones_count=True)


_REMEMBERED = ("history", "answers", "answers_refused", "answer_workbooks", "rules")

REFER = Stage(
    name="referrals",
    reads=(
        Columns("submissions", ("submission_id", "received_at")),
        Columns("receipts", ("submission_id", "seq")),
        Columns("erased_rows", ("record_id",)),
        "raw_answers",
        "accepted",
        "outcomes",
        "membership",
        "persons",
        "households",
    ),
    remembers=(*_REMEMBERED, "referral_passes", "referrals", "unrouted", "overlap"),
    settings=rules_of,
    fingerprint=lambda rules: rules.hash,
    compute=_compute,
)
"""Routes every person and household by the profile's rules; ends, keeps or begins referrals in the history."""


def refer(run: StageRun) -> StageResult:
    """Run the stage, with the text of its rules in the archive, whether or not anything changed."""
    archive_rules(run.home, run.settings)
    return run_stage(run)


def answered(tables: Reader, history: pd.DataFrame, current: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The tables of what directorates answered, and of met and unmet need in the referrals that hold now (`current`). A
    withdrawn or held workbook that was not taken before is not taken."""
    counting = lists_in_force(tables.read("outcomes", columns=["submission_id", "outcome"]))
    raw = filled_rows(tables)
    raw = raw[is_one_of(raw["submission_id"], counting)]
    known = tables.read("answers")
    if "seq" not in known:  # recorded up to 0.1.0
        known = known.merge(_order(tables), on="submission_id", how="left")
    before = Kept(known, tables.read("answers_refused"), tables.read("answer_workbooks"))
    erased = tables.read("erased_rows", columns=["record_id"])["record_id"]
    kept = take_answers(without_remarks(before, erased), raw, history)
    return {
        "answers": kept.answers,
        "answers_refused": kept.refused,
        "answer_workbooks": kept.workbooks,
        "needs": needs(current, kept.answers),
    }


def filled_rows(tables: Reader) -> pd.DataFrame:
    """The filled rows of every returned workbook, with when it came and in which order (`received_at`, `seq`)."""
    received = tables.read("submissions", columns=["submission_id", "received_at"])
    return tables.read("raw_answers").merge(received, on="submission_id").merge(_order(tables), on="submission_id")


def _order(tables: Reader) -> pd.Series:
    receipts = tables.read("receipts", columns=["submission_id", "seq"])
    return receipts.groupby("submission_id")["seq"].min()


def clock_behind(manifest: Manifest | None, now: datetime) -> datetime | None:
    """The latest moment of the history, where that lies after `now` (UTC): some run went while the clock was ahead.

    `manifest`: that of this stage.
    """
    latest = manifest.facts.get("latest") if manifest else None
    moment = datetime.fromisoformat(latest) if latest else now
    return moment if moment > now else None


def archive_rules(home: DataHome, rules: RuleSet) -> None:
    """Keep the text of the rules as `archive/rules/<hash>.csv`, to show which rule applied without this program."""
    kept = home.archive / "rules" / f"{rules.hash}.csv"
    if not kept.exists():
        write_whole(kept, rules.rules.to_csv(index=False, lineterminator="\n").encode())


def every_rule(known: pd.DataFrame, rules: RuleSet) -> pd.DataFrame:
    """Every rule of every rule set that was ever used, those of `rules` added where they are new."""
    if rules.hash in set(known["rule_set"]):
        return known
    fresh = rules.rules.assign(rule_set=rules.hash, profile=rules.name)
    both = pd.concat([known, fresh], ignore_index=True) if len(known) else fresh
    return both.astype("str").sort_values(["rule_set", "rule_id"], ignore_index=True)


def content_digest(referrals: pd.DataFrame) -> str:
    """One hash over all that referrals say, whenever and by whatever run they were made."""
    ordered = referrals.sort_values("referral_id")
    return digest_of(ordered["referral_id"].tolist(), state(ordered).tolist())


def causes_of(tables: Reader, membership: pd.DataFrame, unrouted: pd.DataFrame, rule_set: str) -> Causes:
    """What the tables say now that can explain why a referral ended; two of them are given."""
    known = tables.read("accepted", columns=["record_id", "submission_id"])
    outcomes = tables.read("outcomes", columns=["submission_id", "outcome"])
    erased = tables.read("erased_rows", columns=["record_id"])["record_id"]
    return Causes(known, outcomes, membership, unrouted, rule_set, erased)
