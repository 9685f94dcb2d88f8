"""What goes back to the villages: a corrections workbook for each list with findings, a proposal for each held file."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa

from assets.publications.answered import findings_of_answers
from assets.publications.corrections import (
    OF_COLUMNS,
    OF_ROWS,
    Due,
    as_written,
    corrections_report,
    digest_of_list,
    remove_proposal,
    remove_stale,
    stands,
    workbook_name,
    write_corrections,
    write_proposal,
)
from assets.publications.corrections_original import Rows
from assets.publications.corrections_seen import Place, Seen, look_of, of_note, to_note
from assets.publications.listed_again import ASKED, findings_of_the_dead
from assets.referrals.answers import latest_answers
from validation.findings import FINDING_COLUMNS, findings_frame
from warehouse.archive import archived, missing
from warehouse.chain import head_of, note_issued
from warehouse.code import code_digest
from warehouse.digests import digest_of
from warehouse.files import read_note, write_whole
from warehouse.home import DataHome
from warehouse.in_force import records_in_force
from warehouse.lake import Partition, Reader
from warehouse.processes import shared_out
from warehouse.stage import Columns, Stage, StageRun

Listed = TypeVar("Listed")
_WRITTEN = ".written.json"
_TOGETHER = 50
"""So many lists are taken out of the tables, and written, at a time."""
_NO_POSITIONS = np.array([], dtype=np.intp)
ASKED_ABOUT = ("accepted", "held", "rejected")
OF_ANSWERS = ("accepted", "answers", "history")
"""What tells which rows directorates found to be wrong."""
OF_THE_DEAD = Columns("unrouted", ("person_id", "reason_code", "record_ids"))
"""What tells, with the records, whom lists name again who are said to have died."""
RETURN = Stage(
    name="corrections",
    reads=(
        "submissions",
        Columns("erasures", ("submission_id", "redaction")),
        "outcomes",
        "unplaced_readings",
        "readings",
        "registration_findings",
        "intake_findings",
        "outcome_findings",
        "findings",
        "quarantined",
        "columns",
        "raw_rows",
        "unplaced_proposals",
        "proposals",
        *OF_ANSWERS,
        OF_THE_DEAD,
    ),
    module=__name__,
)


def forget_written(home: DataHome) -> None:
    """Have the next call of `return_to_villages` look at every workbook, whether or not anything changed."""
    (home.corrections / _WRITTEN).unlink(missing_ok=True)


def return_to_villages(run: StageRun) -> tuple[int, int]:
    """Write one corrections workbook for each submission with findings, and a proposal for each held file.

    Returns how many of each there are. Held and rejected files go back with the reason; superseded and withdrawn
    lists are not asked about any more, and what lay there for them goes, unless someone typed into it.
    """
    target = run.home.corrections
    done = target / _WRITTEN
    noted = read_note(done)
    if noted.get("inputs") == run.inputs and missing(run.home.archive, lacked := noted.get("lacked", [])) == lacked:
        return int(noted["workbooks"]), int(noted["proposals"])
    submissions = run.read("submissions").merge(run.read("outcomes")[["submission_id", "outcome"]], on="submission_id")
    readings = pd.concat([run.read("unplaced_readings"), run.read("readings")], ignore_index=True)
    readings = readings[["submission_id", "format", "reason_code", "reason"]]
    redacted = run.read("erasures")[["submission_id", "redaction"]].drop_duplicates()
    submissions = submissions.drop(columns="format").merge(readings, on="submission_id", how="left")
    submissions = submissions.merge(redacted, on="submission_id", how="left")
    asked = submissions[submissions["outcome"].isin(ASKED_ABOUT)]
    head = head_of(run.home)
    places: dict[str, Place] = {}
    written: dict[str, Seen] = {}
    lacked = missing(run.home.archive, submissions["submission_id"])
    due = _due(run, asked, {*lacked}, _everywhere(run, readings), of_note(noted), places)
    for seen in shared_out(write_corrections, ((few, target, head) for few in _few(due)), run.home.workers, few=1):
        written |= seen
    workbooks = {name: seen for place in places.values() for name, seen in place.workbooks.items()} | written
    remove_stale(target, workbooks)
    proposals = pd.concat([run.read("unplaced_proposals"), run.read("proposals")])
    known = {row["submission_id"]: row for row in rows_of(submissions)}
    waiting = 0
    for proposal in proposals.itertuples():
        submission, text = known[proposal.submission_id], str(proposal.text)
        if submission["outcome"] == "held":
            write_proposal(submission, text, target)
            waiting += 1
        else:
            remove_proposal(submission, text, target)
    issued = as_written(target, {name: seen.written for name, seen in workbooks.items()})
    folder = target.relative_to(run.home.root).as_posix()
    note_issued(run.home, RETURN.name, {f"{folder}/{name}": digest for name, digest in issued.items()})
    known_lacked, lacked = {*lacked}, missing(run.home.archive, submissions["submission_id"])
    for submission_id in {*lacked} - known_lacked:  # set aside since: their workbooks are looked at again
        places.pop(" ".join(_place(known[submission_id])), None)
    result = {"inputs": run.inputs, "workbooks": len(workbooks), "proposals": waiting, "lacked": lacked}
    write_whole(done, json.dumps(result | to_note(places, workbooks, issued)).encode())
    return len(workbooks), waiting


def _due(
    run: StageRun,
    submissions: pd.DataFrame,
    lacked: Collection[str],
    everywhere: Sequence[Mapping[str, Rows]],
    before: Mapping[str, Place],
    places: dict[str, Place],
) -> Iterator[Due]:
    """Each list of which the workbook is not there as it would be written.

    `lacked`: the submissions of which the original is not to be had. `before`: the workbooks of each kabupaten and
    period as they were last seen; `places` is filled with all that there should be, as they are seen now. Only where
    something is another are findings read, and the rows of lists only where a workbook is due; only some lists at a
    time are taken apart.
    """
    target = run.home.corrections
    for _, own in submissions.groupby(["kode_kabupaten", "periode"], dropna=False):
        lists, due = rows_of(own), []
        place = _place(lists[0])
        basis = _basis(run, place, lists, everywhere, lacked)
        known = before.get(key := " ".join(place))
        if known is not None and known.stands(target, basis):
            places[key] = known
            continue
        seen: dict[str, Seen] = {}
        for submission, found in _findings(run, place, lists, everywhere):
            if not found:
                continue
            name = workbook_name(submission)
            seen[name] = Seen(look_of(target, name), ())
            original = archived(run.home.archive, submission["submission_id"])
            digest = digest_of_list(submission, original, found)
            if not stands(target / name, submission, digest):
                due.append((submission, original, found, digest))
        places[key] = Place(basis, seen)
        if due:
            rows = (
                run.arrow_read("quarantined", ["submission_id"], place),
                run.arrow_read("columns", ["submission_id", *OF_COLUMNS], place),
                run.arrow_read("raw_rows", ["submission_id", *OF_ROWS], place),
            )
            tables = [_with_positions(table) for table in rows]
            for few in _few(due):
                of_each = [_parted(table, [each[0] for each in few]) for table in tables]
                for about, quarantined, columns, rows_of_list in zip(few, *of_each, strict=True):
                    submission, original, found, digest = about
                    yield Due(submission, original, found, quarantined, columns, rows_of_list, digest)


def _place(submission: Mapping[str, Any]) -> Partition:
    """Where the rows of a submission lie. There is no such partition, and no rows, of what was not placed."""
    return Partition(str(submission["kode_kabupaten"]), str(submission["periode"]))


def _basis(
    run: StageRun,
    place: Partition,
    lists: Sequence[Mapping[str, Any]],
    everywhere: Sequence[Mapping[str, Rows]],
    lacked: Collection[str],
) -> str:
    """One hash over all that decides which workbooks there are of the lists of a place, and what they say."""
    of_each = [
        (list(each.values()), each["submission_id"] in lacked, [of.get(each["submission_id"]) for of in everywhere])
        for each in lists
    ]
    files = [run.files("intake_findings", place), run.files("findings", place)]
    return digest_of(code_digest(__name__), of_each, files)


def _everywhere(run: StageRun, readings: pd.DataFrame) -> list[Mapping[str, Rows]]:
    """By submission, what was found in lists of all places: why files were held or rejected, and what was found when
    they were registered, by their outcome, and when people were referred."""
    of_people = pd.concat([_answered(run), _listed_again(run)], ignore_index=True)
    found = [_reasons(readings), run.read("registration_findings"), run.read("outcome_findings"), of_people]
    by_list: list[Mapping[str, Rows]] = []
    for frame in found:
        rows: dict[str, list[dict[str, Any]]] = {}
        for row in rows_of(frame):
            rows.setdefault(row["submission_id"], []).append(row)
        by_list.append(rows)
    return by_list


def _findings(
    run: StageRun, place: Partition, lists: Iterable[dict[str, Any]], everywhere: Sequence[Mapping[str, Rows]]
) -> Iterator[tuple[dict[str, Any], Rows]]:
    """Each of some lists of a place with everything that was found in it."""
    found = (run.arrow_read("intake_findings", partition=place), run.arrow_read("findings", partition=place))
    intake, records = map(_with_positions, found)
    for few in _few(lists):
        for submission, of_intake, of_records in zip(few, _parted(intake, few), _parted(records, few), strict=True):
            refused, registered, settled, of_people = (of.get(submission["submission_id"], ()) for of in everywhere)
            yield submission, [*refused, *registered, *of_intake, *settled, *of_records, *of_people]


def _few(lists: Iterable[Listed]) -> Iterator[list[Listed]]:
    """A few of them at a time."""
    ahead = iter(lists)
    return iter(lambda: list(islice(ahead, _TOGETHER)), [])


def _with_positions(table: pa.Table) -> tuple[pa.Table, Mapping[str, np.ndarray]]:
    """A table, and the positions of its rows by submission."""
    lists = table["submission_id"].combine_chunks().dictionary_encode()
    codes = lists.indices.to_numpy()
    ends = np.cumsum(np.bincount(codes, minlength=len(lists.dictionary)))
    parts = np.split(np.argsort(codes, kind="stable"), ends[:-1])
    return table, dict(zip(lists.dictionary.to_pylist(), parts, strict=False))


def _parted(table: tuple[pa.Table, Mapping[str, np.ndarray]], some: list[dict[str, Any]]) -> list[Rows]:
    """The rows of each of some submissions, of a table with its positions."""
    rows, positions = table
    of_each = [positions.get(submission["submission_id"], _NO_POSITIONS) for submission in some]
    ends = np.cumsum([len(each) for each in of_each])
    taken = _as_rows(rows.take(pa.array(np.concatenate(of_each))))
    return [taken[end - len(each) : end] for each, end in zip(of_each, ends, strict=True)]


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as Python objects, None for what is missing: a frame takes long to be asked for one row."""
    columns = {str(name): pa.array(frame[name], from_pandas=True) for name in frame.columns}
    return _as_rows(pa.table(columns)) if columns else []


def _as_rows(table: pa.Table) -> list[dict[str, Any]]:
    """The same of a table."""
    names, columns = table.column_names, map(_objects, table.columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _objects(values: pa.ChunkedArray) -> list[Any]:
    """Values as Python objects, None for what is missing. Texts, and numbers of which none is missing, all at once:
    else each takes as long as ten."""
    at_once = pa.types.is_string(values.type) or (pa.types.is_integer(values.type) and not values.null_count)
    objects: list[Any] = values.to_numpy().tolist() if at_once else values.to_pylist()
    return objects


def corrections_reports(tables: Reader) -> pd.DataFrame:
    """Results of corrected lists, one row a replacement: `submission_id`, `superseded_by`, `solved`, `total`, `new`.

    Only errors and warnings count. Read from the lake as it stands; changes nothing.
    """
    outcomes = tables.read("outcomes").dropna(subset=["superseded_by"])
    found = _grouped(tables.read("findings"))
    pairs = zip(outcomes["submission_id"], outcomes["superseded_by"], strict=True)
    rows = [(old, new, *corrections_report(found(old), found(new))) for old, new in pairs]
    return pd.DataFrame(rows, columns=["submission_id", "superseded_by", "solved", "total", "new"])


def _answered(tables: Reader) -> pd.DataFrame:
    """What directorates answered of people of the lists in force, as findings."""
    answers = tables.read("answers")
    if answers.empty:
        return findings_frame([])
    history = tables.read("history", columns=["referral_id", "periode", "record_ids", "valid_to"])
    records = records_in_force(tables, ["record_id", "submission_id", "periode", "sheet", "row"])
    return findings_of_answers(latest_answers(answers), history, records)


def _listed_again(run: StageRun) -> pd.DataFrame:
    """Whom lists in force name again who are said to have died, as findings."""
    unrouted = run.read("unrouted", columns=[*OF_THE_DEAD.columns])
    if not (unrouted["reason_code"] == ASKED).any():
        return findings_frame([])
    records = records_in_force(run, ["record_id", "submission_id", "periode", "sheet", "row", "status_hidup"])
    return findings_of_the_dead(unrouted, records)


def _reasons(readings: pd.DataFrame) -> pd.DataFrame:
    """Why files were held or rejected, as a finding on the whole file."""
    refused = readings.dropna(subset=["reason_code"])
    whole = {"sheet": None, "row": None, "column": None, "field": None, "severity": "error"}
    return refused.rename(columns={"reason_code": "code", "reason": "message"}).assign(**whole)[list(FINDING_COLUMNS)]


def _grouped(frame: pd.DataFrame) -> Any:
    positions = frame.groupby("submission_id").indices

    def of(submission_id: str) -> pd.DataFrame:
        return frame.iloc[positions.get(submission_id, [])].reset_index(drop=True)

    return of
