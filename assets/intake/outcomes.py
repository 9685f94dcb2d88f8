"""What each submission counts for once all are read: the newest accepted version of each list, less what was withdrawn.

A newer version takes effect only when it was accepted; until then the older one stays in force. Where nothing says
whether a file replaces or complements another, both count, and a finding says so: dropping a list on a guess would drop
its people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from assets.intake.sidecar import declaration_of
from assets.intake.versions import version_of
from validation.findings import finding, findings_frame, message_of

OVERLAP = 0.8
"""Share of the smaller list's people that also stand in another from which two lists may be one, sent twice."""
_FEWEST = 5
"""Lists shorter than this overlap by chance."""
_COLUMNS = ("submission_id", "outcome", "reason", "superseded_by")
_CHANGES = ("submission_id", "superseded_id", "change", "rows")
_IDENTITY = ("nik", "nama", "tanggal_lahir")


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
    read = {r.submission_id: r for r in readings.itertuples()}
    known = {r.submission_id: r for r in submissions.itertuples()}
    declared = {sid: declaration_of(r.declaration if isinstance(r.declaration, str) else "") for sid, r in known.items()}
    corrected = dict(_corrected(readings, known))
    counts = {sid for sid in known if sid in read and read[sid].outcome == "accepted" and "ditarik" not in declared[sid]}
    newer_than, unknown = _successions(submissions, receipts, declared, corrected)
    superseded = {sid: _successor(sid, newer_than, counts) for sid in known}
    rows = [_outcome(sid, read.get(sid), declared[sid], superseded[sid]) for sid in sorted(known)]
    outcomes = pd.DataFrame(rows, columns=list(_COLUMNS)).astype("str")
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


def _corrected(readings: pd.DataFrame, known: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Pairs (submission, the one it says it corrects), where reading found the mark of a corrections workbook."""
    if "corrects" in readings:
        for r in readings.dropna(subset=["corrects"]).itertuples():
            if r.corrects in known and r.corrects != r.submission_id:
                yield r.submission_id, r.corrects


def _successions(
    submissions: pd.DataFrame,
    receipts: pd.DataFrame,
    declared: Mapping[str, Mapping[str, Any]],
    corrected: Mapping[str, str],
) -> tuple[dict[str, list[str]], list[str]]:
    """For each submission the ones that claim its place, the strongest claim first; and claims on unknown paths."""
    newer: dict[str, list[str]] = defaultdict(list)
    unknown: list[str] = []
    at_path: dict[str, list[str]] = defaultdict(list)
    for receipt in receipts.sort_values(["received_at", "submission_id"]).itertuples():
        sequence = at_path[receipt.path]
        if receipt.submission_id in sequence:
            sequence.remove(receipt.submission_id)
        sequence.append(receipt.submission_id)
    for new, old in sorted(corrected.items()):
        newer[old].append(new)
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
        for _, old in versions:
            mark = next(v for v, sid in versions if sid == old)
            newer[old].extend(sid for v, sid in reversed(versions) if v > mark)
    return newer, unknown


def _numbered(submissions: pd.DataFrame) -> dict[tuple[str, ...], list[tuple[tuple[int, ...], str]]]:
    """Submissions of one village, period and base name by version, where an unmarked or lower one is among them."""
    groups: dict[tuple[str, ...], list[tuple[tuple[int, ...], str]]] = defaultdict(list)
    for s in submissions.dropna(subset=["kode_desa", "periode"]).itertuples():
        base, version = version_of(s.path)
        groups[s.kode_desa, s.periode, base].append((version, s.submission_id))
    return {key: sorted(found) for key, found in groups.items() if len({v for v, _ in found}) > 1}


def _successor(sid: str, newer: Mapping[str, list[str]], counts: set[str]) -> str | None:
    """The submission that took the place of `sid`: the end of the chain of accepted successors; None: none has."""
    seen = {sid}
    current, found = sid, None
    while True:
        following = next((new for new in newer.get(current, ()) if new in counts and new not in seen), None)
        if following is None:
            return found
        seen.add(following)
        current = found = following


def _outcome(sid: str, reading: Any, declared: Mapping[str, Any], successor: str | None) -> dict[str, Any]:
    outcome, reason, by = ("held", None, None) if reading is None else (reading.outcome, reading.reason, None)
    if "ditarik" in declared:
        outcome, reason = "withdrawn", f"{message_of('withdrawn')} ({declared['ditarik']})"
    elif successor and outcome == "accepted":
        outcome, reason, by = "superseded", f"Digantikan oleh kiriman yang lebih baru ({successor[:12]}).", successor
    return {"submission_id": sid, "outcome": outcome, "reason": reason, "superseded_by": by}


def _people(raw_rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """For each submission its people by a key of their own, with a digest of the whole row."""
    if raw_rows.empty:
        return {}
    keys = raw_rows[list(_IDENTITY)].fillna("").map(lambda text: "".join(filter(str.isalnum, text)).upper())
    usable = keys["nik"].str.len() >= 10
    identity = keys["nik"].where(usable, keys["nama"] + "|" + keys["tanggal_lahir"])
    content = pd.util.hash_pandas_object(raw_rows["raw"].fillna(""), index=False)
    frame = pd.DataFrame({"submission_id": raw_rows["submission_id"], "person": identity, "content": content})
    frame["turn"] = frame.groupby(["submission_id", "person"]).cumcount()
    return {str(sid): group.set_index(["person", "turn"])["content"] for sid, group in frame.groupby("submission_id")}


def _changes(rows: list[dict[str, Any]], people: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Rows added, gone and changed by each replacement, people told apart by NIK, else by name and birth date."""
    empty = pd.Series(dtype="uint64", index=pd.MultiIndex.from_arrays([[], []], names=["person", "turn"]))
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
    summed = changes.groupby(["submission_id", "change"])["rows"].sum()
    totals: dict[str, dict[str, int]] = defaultdict(dict)
    for (sid, change), count in summed.items():
        totals[str(sid)][str(change)] = int(count)
    return totals


def _waiting(
    newer: Mapping[str, list[str]], counts: set[str], known: Mapping[str, Any], read: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Newer versions that could not be accepted: the older one stays in force, and the sender should know."""
    return [
        finding("replacement_waits", submission_id=new, jalur=known[old].path)
        for old in sorted(counts)
        for new in dict.fromkeys(newer.get(old, ()))
        if new in read and read[new].outcome in ("held", "rejected")
    ]


def _unclear(in_force: list[str], known: Mapping[str, Any], people: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Lists of one village and period that hold largely the same people, with nothing that says how they relate."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for sid in in_force:
        place = (known[sid].kode_desa, known[sid].periode)
        if sid in people and isinstance(place[0], str):
            groups[place].append(sid)
    found = []
    for group in groups.values():
        names = {sid: set(people[sid].index.get_level_values("person")) for sid in group}
        for i, one in enumerate(group):
            for other in group[i + 1 :]:
                smaller = min(len(names[one]), len(names[other]))
                if smaller >= _FEWEST and len(names[one] & names[other]) >= OVERLAP * smaller:
                    found.append(finding("replacement_unclear", submission_id=one, jalur=known[other].path))
                    found.append(finding("replacement_unclear", submission_id=other, jalur=known[one].path))
    return found
