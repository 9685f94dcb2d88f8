"""The reports: one page for each directorate, kabupaten and village, made again only where it says something else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import NamedTuple

import pandas as pd

from assets.publications.reports.disclosure import Shown
from assets.publications.reports.figures import (
    OF_HISTORY,
    OF_RECORDS,
    OF_REFERRALS,
    OF_SHARED,
    PLACES,
    SHARED,
    Key,
    Sources,
    counted,
    measures,
)
from assets.publications.reports.pages import by_page, make_page, rendered
from assets.referrals.answers import latest_answers
from validation.directorates import directorates
from validation.keys import is_one_of
from validation.regions import REGENCY_LENGTH
from warehouse.chain import head_of, note_issued
from warehouse.code import code_digest
from warehouse.files import read_note, write_whole, writing_after
from warehouse.in_force import lists_in_force
from warehouse.lake import digest_of
from warehouse.last_look import last_look
from warehouse.processes import shared_out
from warehouse.stage import Columns, Stage, StageRun

_WRITTEN = ".written.json"
_TOGETHER = 100
"""Pages that a helper makes in one call."""
REPORT = Stage(
    name="reports",
    reads=(
        "referrals",
        "answers",
        "history",
        "overlap",
        "accepted",
        "outcomes",
        Columns("membership", ("record_id", "person_id")),
        Columns("quarantined", ("record_id", "submission_id")),
        Columns("findings", ("submission_id", "severity")),
        Columns("submissions", ("submission_id", "kode_desa", "received_at")),
    ),
    module=__name__,
)


class Reported(NamedTuple):
    """How many pages there are, and how many of them were written."""

    pages: int
    written: int


def report(run: StageRun) -> Reported:
    """Write `<kind>/<code>.html` for every directorate, and every kabupaten and village of which there is anything to
    count. A page that would say the same is not touched; one whose place counts no more is removed."""
    folder, look = run.home.reports, last_look(run.home.lake)
    written = read_note(folder / _WRITTEN)
    before: dict[str, list[str]] = written.get("pages", {})
    present = {name for name, (_, digest) in before.items() if look.holds(f"{folder}/{name}", digest)}
    if written.get("inputs") == run.inputs and len(present) == len(before):
        return Reported(len(before), 0)
    asked, code = _asked(run), code_digest(__name__)
    found = {name: before[name] for name in asked if name in present and before[name][0] == asked[name].says(code)}
    due = [(name, page) for name, page in asked.items() if name not in found]
    made, head = 0, head_of(run.home)
    calls = ((due[first : first + _TOGETHER], code, head) for first in range(0, len(due), _TOGETHER))
    with writing_after() as write:
        for name, says, content in chain.from_iterable(shared_out(_made, calls, run.home.workers, few=1)):
            found[name] = [says, hashlib.sha256(content).hexdigest()]
            if name not in present or before[name][1] != found[name][1]:
                write({}, folder / name, content)
                made += 1
    pages = {name: found[name] for name in asked}
    for gone in before.keys() - pages.keys():
        (folder / gone).unlink(missing_ok=True)
    prefix = folder.relative_to(run.home.root).as_posix()
    note_issued(run.home, REPORT.name, {f"{prefix}/{name}": digest for name, (_, digest) in pages.items()})
    write_whole(folder / _WRITTEN, json.dumps({"inputs": run.inputs, "pages": pages}).encode())
    return Reported(len(pages), made)


class _Asked(NamedTuple):
    """A page that is to be there: its kind and code, its counts, and the day of what it rests on."""

    kind: str
    code: str
    said: dict[Key, Shown]
    as_of: date | None

    def says(self, code: str) -> str:
        """One hash over all that the page says; `code`: of what makes it."""
        return digest_of([*self.said.items()], self.as_of, code)


def _asked(run: StageRun) -> dict[str, _Asked]:
    """All pages, by the path of their files."""
    sources = _sources(run)
    dates, counts = _dates(sources, run.read("submissions")), by_page(counted(measures(sources)))
    return {
        f"{kind}/{code}.html": _Asked(kind, code, counts.get((kind, code), {}), dates.get((kind, code)))
        for kind, code in _whom(dates)
    }


def _made(due: Sequence[tuple[str, _Asked]], code: str, head: str) -> list[tuple[str, str, bytes]]:
    """Some pages, each by its name with the hash over what it says, and its file."""
    return [(name, page.says(code), rendered(make_page(*page), head)) for name, page in due]


def _whom(dates: Mapping[tuple[str, str], date]) -> Iterator[tuple[str, str]]:
    """All pages, by kind and code."""
    yield from (("direktorat", code) for code in directorates())
    yield from sorted(page for page in dates if page[0] in PLACES)


def _shared(columns: list[str]) -> list[str]:
    return [column for column in columns if column in SHARED]


def _sources(run: StageRun) -> Sources:
    """The tables that are counted; of lists only those in force."""
    submissions, outcomes = run.read("submissions"), run.read("outcomes")
    counting = submissions["submission_id"].isin(lists_in_force(outcomes))
    village = submissions[counting].set_index("submission_id")["kode_desa"]
    records = run.read("accepted", columns=["record_id", *OF_RECORDS], shared=_shared(OF_RECORDS))
    records = records[is_one_of(records["submission_id"], lists_in_force(outcomes))]

    def placed(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(kode_desa=frame["submission_id"].map(village).astype("str"))

    return Sources(
        run.read("referrals", columns=OF_REFERRALS, shared=_shared(OF_REFERRALS)),
        latest_answers(run.read("answers")),
        run.read("history", columns=OF_HISTORY, shared=_shared(OF_HISTORY)),
        run.read("overlap", columns=OF_SHARED),
        records.merge(run.read("membership"), on="record_id"),
        placed(run.read("quarantined")),
        placed(run.read("findings")),
    )


def _dates(sources: Sources, submissions: pd.DataFrame) -> dict[tuple[str, str], date]:
    """The day of the newest thing that each page tells of: a list that came, a referral that began or ended, an answer.
    Places are those of which there is anything."""
    history, answers = sources.history, sources.answers
    of_answers = history[is_one_of(history["referral_id"], answers["referral_id"])]
    answered = answers.merge(of_answers.drop_duplicates("referral_id"), on="referral_id")
    of_records = sources.records[["kode_desa", "submission_id"]].drop_duplicates()
    came = of_records.merge(submissions[["submission_id", "received_at"]], on="submission_id")
    moments = [
        *(history.rename(columns={at: "at"}) for at in ("valid_from", "valid_to")),
        *(frame.rename(columns={"received_at": "at"}) for frame in (answered, came)),
    ]
    every = pd.concat([frame.reindex(columns=["directorate", "kode_desa", "at"]) for frame in moments])
    every = every.dropna(subset="at")
    by = {
        "direktorat": every["directorate"],
        "desa": every["kode_desa"],
        "kabupaten": every["kode_desa"].str[:REGENCY_LENGTH],
    }
    return {
        (kind, str(code)): moment.date()
        for kind, codes in by.items()
        for code, moment in every.groupby(codes)["at"].max().items()
    }
