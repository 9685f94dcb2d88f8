"""What each submission counts for once all are read: the newest accepted version of each list, less what was withdrawn.

A newer version takes effect only when it was accepted; until then the older one stays in force. Where nothing says
whether a file replaces or complements another, both count, and a finding says so: dropping a list on a guess would drop
its people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pandas as pd

from assets.intake.sidecar import declaration_of
from assets.intake.versions import version_of
from validation.findings import finding, findings_frame, message_of

OVERLAP = 0.8
"""Share of the smaller list's people that also stand in another from which two lists may be one, sent twice."""
_FEWEST = 5
"""Lists shorter than this overlap by chance."""
_NIK_DIGITS = 10
"""Shorter numbers are placeholders or fragments that many people share."""
_COLUMNS = ("submission_id", "outcome", "reason", "superseded_by")
_CHANGES = ("submission_id", "superseded_id", "change", "rows")
_IDENTITY = ("nik", "nama", "tanggal_lahir")


Row = dict[str, Any]
People = Mapping[str, "pd.Series[Any]"]


@dataclass(frozen=True)
class Settlement:
    """`outcomes`: one row a submission. `changes`: what each replacement added, dropped and changed."""

    outcomes: pd.DataFrame
    changes: pd.DataFrame
    findings: pd.DataFrame


def settle(
    submissions: pd.DataFrame, receipts: pd.DataFrame, readings: pd.DataFrame, raw_rows: pd.DataFrame
) -> Settlement:
    """Decide the outcome of every registered submission.

    `readings` has one row for each submission read, `raw_rows` the data rows of the accepted ones. The result does
    not depend on the order of rows, nor on the batches in which files came, receipts' times aside.
    """
    read: dict[str, Row] = {r["submission_id"]: r for r in _records(readings)}
    known: dict[str, Row] = {r["submission_id"]: r for r in _records(submissions)}
    declared = {sid: declaration_of(r["declaration"] or "") for sid, r in known.items()}
    counts = {
        sid for sid in known if sid in read and read[sid]["outcome"] == "accepted" and "ditarik" not in declared[sid]
    }
    newer_than, unknown = _successions(known.values(), _records(receipts), declared)
    rows = [_outcome(sid, read.get(sid), declared[sid], _successor(sid, newer_than, counts)) for sid in sorted(known)]
    outcomes = pd.DataFrame(rows, columns=list(_COLUMNS), dtype="object").astype("str")
    in_force = [r["submission_id"] for r in rows if r["outcome"] == "accepted"]
    people = _people(raw_rows)
    changes = _changes(rows, people)
    found = [finding("replaces_unknown", submission_id=sid) for sid in unknown]
    found += _waiting(newer_than, counts, known, read)
    found += _unclear(in_force, known, people)
    found += [
        finding("list_replaced", submission_id=new, tambah=n["added"], hilang=n["gone"], ubah=n["changed"])
        for new, n in _totals(changes).items()
    ]
    return Settlement(outcomes, changes, findings_frame(found))


def _records(frame: pd.DataFrame) -> list[Row]:
    plain = frame.astype("object").where(frame.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]


def _successions(
    submissions: Iterable[Row], receipts: Iterable[Row], declared: Mapping[str, Row]
) -> tuple[dict[str, list[str]], list[str]]:
    """For each submission the ones that claim its place, the strongest claim first; and claims on unknown paths."""
    newer: dict[str, list[str]] = defaultdict(list)
    unknown: list[str] = []
    at_path = _sequences(receipts)
    for new in sorted(declared):
        if declared[new].get("mengoreksi") in declared:
            newer[declared[new]["mengoreksi"]].append(new)
    for new in sorted(declared):
        target = declared[new].get("menggantikan")
        if target is None:
            continue
        olds = [sid for sid in at_path.get(str(target).replace("\\", "/").removeprefix("./"), []) if sid != new]
        for old in olds:
            newer[old].append(new)
        if not olds:
            unknown.append(new)
    for sequence in at_path.values():
        for position, old in enumerate(sequence):
            newer[old].extend(reversed(sequence[position + 1 :]))
    for versions in _numbered(submissions).values():
        for mark, old in versions:
            newer[old].extend(sid for later, sid in reversed(versions) if later > mark)
    return newer, unknown


def _sequences(receipts: Iterable[Row]) -> dict[str, list[str]]:
    """The contents seen at each path, in the order in which each was seen last."""
    at_path: dict[str, list[str]] = defaultdict(list)
    for receipt in sorted(receipts, key=lambda r: (r["received_at"], str(r["submission_id"]))):
        sequence = at_path[receipt["path"]]
        if receipt["submission_id"] in sequence:
            sequence.remove(receipt["submission_id"])
        sequence.append(receipt["submission_id"])
    return at_path


def _numbered(submissions: Iterable[Row]) -> dict[tuple[str, ...], list[tuple[tuple[int, ...], str]]]:
    """Submissions of one village, period and base name by version, where there is more than one version."""
    groups: dict[tuple[str, ...], list[tuple[tuple[int, ...], str]]] = defaultdict(list)
    for s in submissions:
        if s["kode_desa"] and s["periode"]:
            base, version = version_of(s["path"])
            groups[s["kode_desa"], s["periode"], base].append((version, s["submission_id"]))
    return {key: sorted(found) for key, found in groups.items() if len({v for v, _ in found}) > 1}


def _successor(sid: str, newer: Mapping[str, list[str]], counts: set[str]) -> str | None:
    """The submission that took the place of `sid`: the end of the chain of accepted successors; None: none has."""
    seen = {sid}
    current, found = sid, ""
    while following := next((new for new in newer.get(current, ()) if new in counts and new not in seen), None):
        seen.add(following)
        current = found = following
    return found or None


def _outcome(sid: str, reading: Row | None, declared: Row, successor: str | None) -> Row:
    outcome, reason = ("held", None) if reading is None else (reading["outcome"], reading["reason"])
    by: str | None = None
    if "ditarik" in declared:
        outcome, reason = "withdrawn", f"{message_of('withdrawn')} ({declared['ditarik']})"
    elif successor and outcome == "accepted":
        outcome, reason, by = "superseded", "Digantikan oleh kiriman yang lebih baru.", successor
    return {"submission_id": sid, "outcome": outcome, "reason": reason, "superseded_by": by}


def _people(raw_rows: pd.DataFrame) -> People:
    """For each submission its people by a key of their own (NIK, else name and birth date), with a row digest."""
    if raw_rows.empty:
        return {}
    keys = raw_rows[list(_IDENTITY)].astype("object").fillna("")
    keys = keys.map(lambda text: "".join(filter(str.isalnum, text)).upper())
    usable = keys["nik"].str.len() >= _NIK_DIGITS
    identity = keys["nik"].where(usable, keys["nama"] + "|" + keys["tanggal_lahir"])
    content = pd.util.hash_array(raw_rows["raw"].astype("object").fillna("").to_numpy())
    frame = pd.DataFrame({"submission_id": raw_rows["submission_id"], "person": identity, "content": content})
    frame["turn"] = frame.groupby(["submission_id", "person"]).cumcount()
    return {str(sid): group.set_index(["person", "turn"])["content"] for sid, group in frame.groupby("submission_id")}


def _changes(rows: list[Row], people: People) -> pd.DataFrame:
    """Rows added, gone and changed by each replacement."""
    nobody = pd.MultiIndex.from_arrays([[], []], names=["person", "turn"])
    empty: pd.Series[Any] = pd.Series(dtype="uint64", index=nobody)
    found = []
    for row in rows:
        new, old = row["superseded_by"], row["submission_id"]
        if new is None:
            continue
        before, after = people.get(old, empty), people.get(new, empty)
        both = before.index.intersection(after.index)
        changed = int((before.loc[both].to_numpy() != after.loc[both].to_numpy()).sum())
        counts = {"added": len(after) - len(both), "gone": len(before) - len(both), "changed": changed}
        found += [(new, old, change, count) for change, count in counts.items()]
    frame = pd.DataFrame(found, columns=list(_CHANGES))
    return frame.astype({"submission_id": "str", "superseded_id": "str", "change": "str", "rows": "int64"})


def _totals(changes: pd.DataFrame) -> dict[str, dict[str, int]]:
    totals: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(("added", "gone", "changed"), 0))
    for row in _records(changes):
        totals[row["submission_id"]][row["change"]] += row["rows"]
    return totals


def _waiting(
    newer: Mapping[str, list[str]], counts: set[str], known: Mapping[str, Row], read: Mapping[str, Row]
) -> list[Row]:
    """Newer versions that could not be accepted: the older one stays in force, and the sender should know."""
    return [
        finding("replacement_waits", submission_id=new, jalur=known[old]["path"])
        for old in sorted(counts)
        for new in dict.fromkeys(newer.get(old, ()))
        if new in read and read[new]["outcome"] in ("held", "rejected")
    ]


def _unclear(in_force: list[str], known: Mapping[str, Row], people: People) -> list[Row]:
    """Lists of one village and period that hold largely the same people, with nothing that says how they relate."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for sid in in_force:
        if sid in people and known[sid]["kode_desa"]:
            groups[known[sid]["kode_desa"], known[sid]["periode"]].append(sid)
    found = []
    for group in groups.values():
        names = {sid: set(people[sid].index.get_level_values("person")) for sid in group}
        for one, other in combinations(group, 2):
            smaller = min(len(names[one]), len(names[other]))
            if smaller >= _FEWEST and len(names[one] & names[other]) >= OVERLAP * smaller:
                found.append(finding("replacement_unclear", submission_id=one, jalur=known[other]["path"]))
                found.append(finding("replacement_unclear", submission_id=other, jalur=known[one]["path"]))
    return found
