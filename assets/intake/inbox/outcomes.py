"""Which submissions count once all are read: the newest accepted version of each list, except what was withdrawn.

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

from assets.intake.frames import rows_of
from assets.intake.inbox.comparing import Compare
from assets.intake.inbox.versions import base_if_older, version_of
from assets.intake.sidecar import declaration_of
from validation.findings import finding, findings_frame, message_of
from validation.keys import is_one_of

OVERLAP = 0.8
"""Share of the smaller list's people that also stand in another from which two lists may be one, sent twice."""
CONTINUES = 0.5
"""Share of a list's people that must stand in a file marked as its newer version for it to be one."""
_FEWEST = 5
"""Lists shorter than this overlap by chance."""
_COLUMNS = ("submission_id", "outcome", "reason_code", "reason", "superseded_by")
_OF_READING = ("outcome", "reason_code", "reason")
_REPLACED = "Digantikan oleh kiriman yang lebih baru."
NOT_READ = "not_read_yet"
"""The reason code of a registered file whose reading failed, or has not come yet; what it replaces stays in force."""
_NOT_READ = {"outcome": "held", "reason_code": NOT_READ, "reason": message_of(NOT_READ)}
_CLAIMS = {"ditarik", "mengoreksi", "menggantikan"}
"""Keys by which a declaration says which submissions count."""
_CHANGES = ("submission_id", "superseded_id", "change", "rows")
Row = dict[str, Any]


Versions = list[tuple[tuple[int, ...], str]]
"""Version marks of one base name, lowest first, each with its submission."""


@dataclass(frozen=True)
class Settlement:
    """`outcomes`: one row a submission. `changes`: what each replacement added, dropped and changed."""

    outcomes: pd.DataFrame
    changes: pd.DataFrame
    findings: pd.DataFrame


def settle(submissions: pd.DataFrame, receipts: pd.DataFrame, readings: pd.DataFrame, compare: Compare) -> Settlement:
    """Decide the outcome of every registered submission.

    `readings` has one row for each submission read; `compare` says what two lists have in common. The result does not
    depend on the order of rows, nor on the batches in which files came, the order of receipts aside. Of lists that
    claim to replace each other all stay in force: a replaced list leaves at least one accepted list in its place.
    A file that was held or rejected is superseded, too, by an accepted one that was sent in its place; not by one whose
    name alone is that of a newer version, since nothing tells whether it holds the people of a file that was not read.
    Submissions that nothing ties to another end as they were read, without a closer look.
    """
    tied = tied_lists(submissions, receipts)
    of_tied = [each[is_one_of(each["submission_id"], tied)] for each in (submissions, receipts, readings)]
    made = settle_together(of_tied[0], of_tied[1], of_tied[2], compare)
    apart = submissions.loc[~is_one_of(submissions["submission_id"], tied), "submission_id"]
    outcomes = pd.concat([_as_read(apart, readings), made.outcomes]).sort_values("submission_id", ignore_index=True)
    return Settlement(outcomes, made.changes, made.findings)


def tied_lists(submissions: pd.DataFrame, receipts: pd.DataFrame) -> pd.Series:
    """The submissions whose outcome may depend on another, or on what is declared of them: those that state to follow
    or replace one, or to be withdrawn, with the ones that they name; those that lie where another lay; and those of
    one village and period. All others are the only list of theirs."""
    ids, said = submissions["submission_id"], submissions["declaration"].fillna("")
    declared = {text: declaration_of(text) for text in said.unique()}
    claiming = said.isin([text for text, each in declared.items() if each.keys() & _CLAIMS])
    claims = [declared[text] for text in said[claiming].unique()]
    seen = receipts[["path", "submission_id"]].drop_duplicates()
    named = {path for claim in claims for path in _paths_named(claim)}
    at_path = seen["path"].duplicated(keep=False) | seen["path"].isin(named)
    placed = submissions["kode_desa"].fillna("") != ""
    beside = placed & submissions.duplicated(["kode_desa", "periode"], keep=False)
    corrected = pd.Series([str(claim["mengoreksi"]) for claim in claims if "mengoreksi" in claim], dtype="str")
    tied: pd.Series = pd.concat([ids[claiming | beside], seen.loc[at_path, "submission_id"], corrected])
    return tied.drop_duplicates()


def _paths_named(declared: Row) -> tuple[str, ...]:
    """The path of the files that a declaration says are replaced, as it may be written in receipts."""
    if declared.get("menggantikan") is None:
        return ()
    stated = str(declared["menggantikan"]).removeprefix("./")
    return stated, stated.replace("\\", "/")


def _as_read(ids: pd.Series, readings: pd.DataFrame) -> pd.DataFrame:
    """The outcomes (`_COLUMNS`) of submissions that end as they were read."""
    read = readings.drop_duplicates("submission_id", keep="last").set_index("submission_id")[[*_OF_READING]]
    outcomes = read.reindex(ids).reset_index().astype("str")
    unread = ~is_one_of(ids, read.index)
    outcomes.loc[unread, [*_OF_READING]] = [*_NOT_READ.values()]
    return outcomes.assign(superseded_by=pd.Series(pd.NA, outcomes.index, dtype="str"))


def settle_together(
    submissions: pd.DataFrame, receipts: pd.DataFrame, readings: pd.DataFrame, compare: Compare
) -> Settlement:
    """The same, where each submission is looked at together with all others."""
    read: dict[str, Row] = {r["submission_id"]: r for r in rows_of(readings)}
    known: dict[str, Row] = {r["submission_id"]: r for r in rows_of(submissions)}
    declared = {sid: declaration_of(r["declaration"] or "") for sid, r in known.items()}
    at_path = _sequences(rows_of(receipts))
    withdrawn = _withdrawn(known, declared, at_path)
    accepted = {sid for sid in known if sid in read and read[sid]["outcome"] == "accepted"}
    gone = set(withdrawn)
    counts = accepted - gone
    versions = _numbered(known.values())
    stated, unknown = _successions(declared, at_path)
    newer = _with_versions(stated, versions, accepted, compare)
    claims = {sid: _claims(sid, newer, counts, gone) for sid in sorted(counts)}
    in_force = {sid for sid, mine in claims.items() if all(sid in claims[other] for other in mine)}
    taken_by = {sid: next(new for new in claims[sid] if new in in_force) for sid in counts - in_force}
    for sid in known.keys() - accepted - gone:
        claiming = _claims(sid, stated, counts, gone)
        if not claiming:
            continue
        new = taken_by.get(claiming[0], claiming[0])
        if not _claims(new, newer, {sid}, gone):
            taken_by[sid] = new
    rows = [_outcome(sid, read.get(sid), withdrawn.get(sid), taken_by.get(sid)) for sid in sorted(known)]
    outcomes = pd.DataFrame(rows, columns=list(_COLUMNS), dtype="object").astype("str")
    changes = _changes([row for row in rows if row["submission_id"] in accepted], compare)
    found = [finding("replaces_unknown", submission_id=sid) for sid in unknown]
    found += _waiting(newer, sorted(in_force), known, read)
    found += _unclear(in_force, known, compare, versions, claims)
    found += [
        finding("list_replaced", submission_id=new, tambah=n["added"], hilang=n["gone"], ubah=n["changed"])
        for new, n in _totals(changes).items()
    ]
    return Settlement(outcomes, changes, findings_frame(found))


def _withdrawn(
    known: Mapping[str, Row], declared: Mapping[str, Row], at_path: Mapping[str, list[str]]
) -> dict[str, str]:
    """The reason why each withdrawn submission no longer counts; the versions it had replaced at its path go with it,
    or withdrawing a file would bring back what it replaced."""
    reasons = {sid: str(said["ditarik"]) for sid, said in declared.items() if "ditarik" in said}
    for sid in sorted(reasons):
        path = known[sid]["path"]
        sequence = at_path.get(path, [])
        for older in sequence[: sequence.index(sid)] if sid in sequence else []:
            if known[older]["path"] == path:
                reasons.setdefault(older, reasons[sid])
    return reasons


def _successions(
    declared: Mapping[str, Row], at_path: Mapping[str, list[str]]
) -> tuple[dict[str, list[str]], list[str]]:
    """For each submission the ones that claim its place by what they state or by lying where it lay, the strongest
    claim first; and claims on unknown paths."""
    newer: dict[str, list[str]] = defaultdict(list)
    unknown: list[str] = []
    for new in sorted(declared):
        if declared[new].get("mengoreksi") in declared:
            newer[declared[new]["mengoreksi"]].append(new)
    for new in sorted(declared):
        target = declared[new].get("menggantikan")
        if target is None:
            continue
        stated = str(target).removeprefix("./")
        olds = [sid for sid in at_path.get(stated) or at_path.get(stated.replace("\\", "/"), []) if sid != new]
        for old in olds:
            newer[old].append(new)
        if not olds:
            unknown.append(new)
    for sequence in at_path.values():
        for position, old in enumerate(sequence):
            newer[old].extend(reversed(sequence[position + 1 :]))
    return newer, unknown


def _with_versions(
    stated: Mapping[str, list[str]], versions: Iterable[Versions], accepted: set[str], compare: Compare
) -> dict[str, list[str]]:
    """The claims, and after them those by a name that is marked as a newer version."""
    newer = defaultdict(list, {old: list(claiming) for old, claiming in stated.items()})
    for marked in versions:
        for mark, old in marked:
            later = [sid for other, sid in reversed(marked) if other > mark]
            newer[old].extend(sid for sid in later if sid not in accepted or _goes_on(compare, old, sid))
    return newer


def _goes_on(compare: Compare, old: str, new: str) -> bool:
    """Whether a list that is named as a newer version holds most of the people of the older one.

    Browsers write `(1)` behind any second file of one name, and a village may call the few rows it mended `FIX`.
    """
    found = compare(old, new)
    return found.people_of_both >= CONTINUES * found.people


def _sequences(receipts: Iterable[Row]) -> dict[str, list[str]]:
    """The contents seen at each path, in the order in which each was seen last."""
    at_path: dict[str, list[str]] = defaultdict(list)
    for receipt in sorted(receipts, key=lambda r: (r["seq"], str(r["submission_id"]))):
        sequence = at_path[receipt["path"]]
        if receipt["submission_id"] in sequence:
            sequence.remove(receipt["submission_id"])
        sequence.append(receipt["submission_id"])
    return at_path


def _numbered(submissions: Iterable[Row]) -> list[Versions]:
    """Submissions of one village, period and base name by version, where there is more than one version."""
    groups: dict[tuple[str, ...], Versions] = defaultdict(list)
    for s in submissions:
        if s["kode_desa"] and s["periode"]:
            base, version = version_of(s["path"])
            groups[s["kode_desa"], s["periode"], base].append((version, s["submission_id"]))
    return [sorted(groups[key]) for key in sorted(groups) if len({v for v, _ in groups[key]}) > 1]


def _claims(sid: str, newer: Mapping[str, list[str]], counts: set[str], withdrawn: set[str]) -> list[str]:
    """Accepted submissions that claim the place of `sid`, directly or through others, the strongest claim first.

    A claim passes through a list that was held or rejected (its own successor stands for it), not through a withdrawn
    one.
    """
    found: dict[str, None] = {}
    ahead = [sid]
    seen = {sid, *withdrawn}
    while ahead:
        following = [new for new in dict.fromkeys(newer.get(ahead.pop(0), ())) if new not in seen]
        seen.update(following)
        ahead += following
        found.update(dict.fromkeys(new for new in following if new in counts))
    return list(found)


def _outcome(sid: str, reading: Row | None, withdrawn: str | None, successor: str | None) -> Row:
    reading = reading or _NOT_READ
    row = {"submission_id": sid, **{name: reading[name] for name in _OF_READING}, "superseded_by": successor}
    if withdrawn is not None:
        reason = f"{message_of('withdrawn')} ({withdrawn})"
        return row | {"outcome": "withdrawn", "reason_code": None, "reason": reason}
    if successor:
        return row | {"outcome": "superseded", "reason_code": None, "reason": _REPLACED}
    return row


def _changes(rows: list[Row], compare: Compare) -> pd.DataFrame:
    """Rows added, gone and changed by each replacement."""
    found = []
    for row in rows:
        new, old = row["superseded_by"], row["submission_id"]
        if new is None:
            continue
        both = compare(old, new)
        added, gone = both.rows_of_other - both.rows_of_both, both.rows - both.rows_of_both
        counts = {"added": added, "gone": gone, "changed": both.changed}
        found += [(new, old, change, count) for change, count in counts.items()]
    frame = pd.DataFrame(found, columns=list(_CHANGES))
    return frame.astype({"submission_id": "str", "superseded_id": "str", "change": "str", "rows": "int64"})


def _totals(changes: pd.DataFrame) -> dict[str, dict[str, int]]:
    totals: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(("added", "gone", "changed"), 0))
    for row in rows_of(changes):
        totals[row["submission_id"]][row["change"]] += row["rows"]
    return totals


def _waiting(
    newer: Mapping[str, list[str]], in_force: Iterable[str], known: Mapping[str, Row], read: Mapping[str, Row]
) -> list[Row]:
    """Newer versions that could not be accepted: the older one stays in force, and the sender should know."""
    return [
        finding("replacement_waits", submission_id=new, jalur=known[old]["path"])
        for old in in_force
        for new in dict.fromkeys(newer.get(old, ()))
        if new in read and read[new]["outcome"] in ("held", "rejected")
    ]


def _unclear(
    in_force: set[str],
    known: Mapping[str, Row],
    compare: Compare,
    versions: Iterable[Versions],
    claims: Mapping[str, list[str]],
) -> list[Row]:
    """Pairs of lists that both count, though they may be one list: reported on both.

    They hold largely the same people of one village and period, or are marked as versions of one name, or one is called
    an older one (`lama`), or they claim to replace each other.
    """
    pairs = {(sid, new) for sid in in_force for new in claims[sid]}
    pairs |= {pair for marked in versions for pair in combinations([sid for _, sid in marked if sid in in_force], 2)}
    pairs |= _older_by_name((known[sid] for sid in in_force), compare)
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for sid in sorted(in_force):
        if known[sid]["kode_desa"]:
            groups[known[sid]["kode_desa"], known[sid]["periode"]].append(sid)
    for group in groups.values():
        for one, other in combinations(group, 2):
            found = compare(one, other)
            smaller = min(found.people, found.people_of_other)
            if smaller >= _FEWEST and found.people_of_both >= OVERLAP * smaller:
                pairs.add((one, other))
    both = sorted({*pairs, *((other, one) for one, other in pairs)})
    return [finding("replacement_unclear", submission_id=one, jalur=known[other]["path"]) for one, other in both]


def _older_by_name(lists: Iterable[Row], compare: Compare) -> set[tuple[str, str]]:
    """The lists that are called older ones, each with those of its name, village and period that go on with it."""
    older: list[tuple[tuple[str, ...], str]] = []
    named: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for row in lists:
        if row["kode_desa"]:
            named[row["kode_desa"], row["periode"], version_of(row["path"])[0]].append(row["submission_id"])
            if base := base_if_older(row["path"]):
                older.append(((row["kode_desa"], row["periode"], base), row["submission_id"]))
    return {(old, new) for key, old in older for new in named.get(key, ()) if _goes_on(compare, old, new)}
