"""Any history of lists, sidecars, answers, decisions, rules, models, costs and killed runs comes about again."""

from __future__ import annotations

import dataclasses
import os
import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from hypothesis import example, given, seed, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty

from assets.households.linkage.model import MODEL
from assets.households.linkage.model.parameters import Model
from assets.households.review.decisions import record_decisions
from assets.intake.formats.isolation import ReaderPool
from assets.intake.stages.register import register_inbox
from assets.publications.run_entry import Begun
from assets.publications.stages.runs import LOG, log_run
from assets.records.stages.measure import MEASURE
from assets.referrals.stages.refer import REFER, refer
from pipelines.progress import Silent
from pipelines.proof.replay import replay, runs_up_to
from pipelines.stages import from_registry_to_households
from tests.support.inbox import CHILD, MOTHER, OLD, WOMAN, Person, home_in, write_list
from validation.answers import HEADERS, MARK, STATUSES, mark_of
from warehouse.chain import RUN, ledger_of, read_chain
from warehouse.home import Acceptance, DataHome
from warehouse.lake import Lake
from warehouse.stage import run_stage

START = datetime(2025, 1, 1, 8, 0, 0, 250_000)
PEOPLE: tuple[Person, ...] = (OLD, OLD | {"NAMA": "SUKARDY", "NIK": ""}, MOTHER, CHILD, WOMAN, WOMAN | {"NIK": ""})
PATHS = ("16.10.05.2036/2024/pmks.csv", "16.10.05.2036/2024/pmks (1).csv", "16.10.05.2037/pmks.csv", "desa/pmks.csv")
SIDECARS = ("kode_desa: 16.10.05.2038", "ditarik: salah kirim", "periode: '2023'", "keliru: 1", "")
STEPS = st.one_of(
    st.tuples(st.just("list"), st.sampled_from(PATHS), st.sets(st.integers(0, len(PEOPLE) - 1), min_size=1)),
    st.tuples(st.just("sidecar"), st.sampled_from((*PATHS, "gone.csv")), st.sampled_from(SIDECARS)),
    st.tuples(st.just("answer"), st.integers(0, 99), st.sampled_from((*STATUSES, "entahlah"))),
    st.tuples(st.just("decision"), st.integers(0, 99), st.sampled_from(("same", "different"))),
    st.tuples(st.just("model"), st.sampled_from((0.5, 1.0)), st.none()),
    st.tuples(st.just("rules"), st.sampled_from(("full-2012", "study-2011")), st.none()),
    st.tuples(st.just("cost"), st.sampled_from((1.0, 5.0, 200.0)), st.none()),
)
ENDS = st.sampled_from(("whole", "whole", "registered", "matched", "referred"))
"""How far a run came before it was killed."""


def take(home: DataHome, step: tuple[str, object, object], at: datetime) -> DataHome:
    """Do what people do between two runs."""
    kind, what, how = step
    if kind == "list":
        write_list(home.inbox / str(what), [PEOPLE[n] for n in sorted(how)])  # type: ignore[call-overload]
    elif kind == "sidecar":
        path = home.inbox / f"{what}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(how)) if how else path.unlink(missing_ok=True)
    elif kind == "answer":
        answer(home, int(str(what)), str(how), at)
    elif kind == "model":
        model = Model.default()
        dataclasses.replace(model, kin=model.kin * float(str(what))).save(home.models / MODEL)
    elif kind == "rules":
        return dataclasses.replace(home, profile=str(what))
    elif kind == "cost":
        return dataclasses.replace(home, wrong_merge_cost=float(str(what)))
    else:
        records = sorted(Lake(home.lake).read("membership")["record_id"])
        if len(records) > 1:
            pair = dict(zip(("record_id_l", "record_id_r"), Random(int(str(what))).sample(records, 2), strict=True))
            said = {"decision": str(how), "decided_by": "peninjau", "reason": "uji"}
            record_decisions(home.review, [pair | said], decided_at=at - timedelta(minutes=5))
    return home


def answer(home: DataHome, which: int, status: str, at: datetime) -> None:
    """Send back a workbook with the answer to one of the referrals, as its directorate."""
    lake = Lake(home.lake)
    referrals = lake.read("referrals", columns=["referral_id", "directorate"]).sort_values("referral_id")
    referral_id, directorate = referrals.iloc[which % len(referrals)]
    book = Workbook()
    mark = mark_of(directorate, len(lake.read("answers")))
    book.custom_doc_props.append(StringProperty(name=MARK, value=mark))  # type: ignore[attr-defined]
    book.worksheets[0].append(HEADERS)
    book.worksheets[0].append([referral_id, status, "penuh" if status == "ditolak" else None, None])
    path = home.inbox / f"jawaban/{directorate} {at:%j} {which}.xlsx"
    path.parent.mkdir(exist_ok=True)
    book.save(path)


def run(home: DataHome, run_id: str, at: datetime, end: str) -> None:
    """Run every stage, each at a moment of its own, unless the run is killed on the way."""
    lake = Lake(home.lake)
    register_inbox(home, lake, run_id=run_id, at=at)
    if end == "registered":
        return
    later = at + timedelta(seconds=2)
    from_registry_to_households(home, lake, Silent(), run_id=run_id, at=later)
    if end == "matched":
        return
    later += timedelta(seconds=2)
    refer(REFER.begin(lake, home, run_id=run_id, at=later))
    if end == "referred":
        return
    run_stage(MEASURE.begin(lake, home, run_id=run_id, at=later))
    run_of_log = LOG.begin(lake, home, run_id=run_id, at=later + timedelta(seconds=2))
    log_run(run_of_log, Begun(run_id, at, "test", "tester"))


def parted(home: DataHome) -> list[tuple[str, str]]:
    """The tables that do not come about again, each with the first run after which it does not."""
    links, _ = read_chain(ledger_of(home))
    runs = [str(link.said["run_id"]) for link in links if link.kind == RUN]
    return [(table.table, table.parted) for table in replay(home, runs_up_to(links, runs[-1])) if table.parted]


STUDY = ("rules", "study-2011", None)
UNDER_OTHER_RULES = [
    ([("list", PATHS[2], {1, 4, 5}), STUDY], "referred"),
    ([("rules", "full-2012", None), ("sidecar", PATHS[0], "keliru: 1")], "whole"),
    ([("sidecar", PATHS[0], "")], "matched"),
]

WITHDRAWN = ("sidecar", PATHS[1], "ditarik: salah kirim")
KILLED_WITHOUT_AN_EVENT = [
    ([("list", PATHS[1], {0})], "matched"),
    ([WITHDRAWN, ("list", PATHS[0], {2, 3})], "whole"),
    ([("list", PATHS[3], {0})], "referred"),  # held; but ages are counted anew, and one changes before the next run
]

ANSWERED_AND_MATCHED_ANEW = [
    ([("answer", 0, "diterima"), ("answer", 1, "entahlah"), ("model", 0.5, None)], "whole"),
    ([("answer", 0, "ditolak"), ("list", PATHS[1], {1, 4, 5})], "matched"),
    ([("model", 1.0, None), ("answer", 2, "selesai")], "referred"),
]

AT_OTHER_COSTS = [
    ([("cost", 200.0, None), ("list", PATHS[1], {1, 4, 5})], "whole"),
    ([("cost", 1.0, None)], "matched"),
]


@seed(int(os.environ.get("REPLAY_SEED") or 3))
@example(UNDER_OTHER_RULES)
@example(KILLED_WITHOUT_AN_EVENT)
@example(ANSWERED_AND_MATCHED_ANEW)
@example(AT_OTHER_COSTS)
@settings(max_examples=int(os.environ.get("REPLAY_ROUNDS") or 1), deadline=None, database=None)
@given(st.lists(st.tuples(st.lists(STEPS, min_size=1, max_size=3), ENDS), min_size=2, max_size=3))
def test_every_run_of_any_history_comes_about_again(
    history: list[tuple[list[tuple[str, object, object]], str]],
) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        home = dataclasses.replace(home_in(folder), shrink_accepted=Acceptance("petugas", "uji"))
        write_list(home.inbox / PATHS[0], PEOPLE[:3])
        with ReaderPool(workers=1):
            run(home, "r0", START, "whole")
            for number, (steps, end) in enumerate(history, 1):
                at = START + timedelta(days=number)
                for step in steps:
                    home = take(home, step, at)
                run(home, f"r{number}", at, end)
            run(home, "last", START + timedelta(days=99), "whole")
            assert parted(home) == []
    finally:
        shutil.rmtree(folder)
